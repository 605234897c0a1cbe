/**
 * A disk with a system installed, as a profile writes it onto a machine: GRUB for both sorts of
 * firmware, a kernel and an initramfs, and room for what the machine is to keep of itself.
 *
 *     sector 0       boot code of GRUB, partition table
 *     sector 1       the rest of GRUB, for BIOS
 *     1 MiB          partition 1, FAT: GRUB for UEFI, kernel, initramfs, grub.cfg
 *     41 MiB         partition 2: an archive (cpio) that the installed system unpacks at its start
 */
import type { KernelFiles } from "../boot/debian_kernel.ts";
import { shell } from "../boot/shell.ts";

/** Where the second partition is on the machine. */
export const KEPT_PARTITION = "/dev/vda2";
/** What it calls and reads. */
export const DISK_NEEDS = [
  "grub-mkimage",
  "/usr/lib/grub/i386-pc/boot.img",
  "/usr/lib/grub/x86_64-efi/kernel.img",
  "sfdisk",
  "mformat",
];

const BUILD = `
modules="part_msdos fat normal linux configfile search search_fs_file serial test boot"
printf '%s\\n' 'search --no-floppy --set=root --file /grub.cfg' 'configfile ($root)/grub.cfg' \\
  > early.cfg
printf '%s\\n' 'set timeout=0' 'menuentry installed {' "  linux /kernel $arguments" \\
  '  initrd /initramfs' '}' > grub.cfg
grub-mkimage -O i386-pc -o core.img -p / -c early.cfg biosdisk $modules
grub-mkimage -O x86_64-efi -o boot.efi -p / -c early.cfg $modules
truncate -s 64M disk.img
printf '%s\\n' 'label: dos' 'start=2048, size=81920, type=ef, bootable' \\
  'start=83968, size=40960, type=83' | sfdisk -q disk.img
dd if=/usr/lib/grub/i386-pc/boot.img of=disk.img bs=440 count=1 conv=notrunc status=none
dd if=core.img of=disk.img bs=512 seek=1 conv=notrunc status=none
first=disk.img@@1M
mformat -i $first -T 81920 -F ::
mmd -i $first ::/EFI ::/EFI/BOOT
mcopy -i $first boot.efi ::/EFI/BOOT/BOOTX64.EFI
mcopy -i $first "$kernel" ::/kernel
mcopy -i $first "$initramfs" ::/initramfs
mcopy -i $first grub.cfg ::/grub.cfg
gzip -1 -c disk.img > "$image"
`;

/** Writes the image, compressed by gzip, to `image`; what is installed starts with `args`. */
export async function makeDiskImage(
  { kernel, initramfs }: KernelFiles,
  args: string,
  image: string,
): Promise<void> {
  const work = await Deno.makeTempDir({ prefix: "confluent-disk-" });
  try {
    await shell(
      `cd "$0"; kernel=$1 initramfs=$2 arguments=$3 image=$4\n${BUILD}`,
      ...[work, kernel, initramfs, args, image],
    );
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}
