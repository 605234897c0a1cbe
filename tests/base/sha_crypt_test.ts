import { equal, match, ok as holds } from "node:assert/strict";

import { CRYPT_SALT_BYTES, cryptSalt, sha256Crypt, sha512Crypt } from "../../src/base/sha_crypt.ts";

/** Runs it to its end; the steps it took, too. */
function hashed(
  password: string,
  salt: string,
  rounds?: number,
  crypt = sha512Crypt,
): [text: string, steps: number] {
  const making = crypt(password, salt, rounds);
  for (let steps = 1;; steps++) {
    const step = making.next();
    if (step.done === true) return [step.value, steps];
  }
}

type Vector = readonly [
  password: string,
  salt: string,
  rounds: number | undefined,
  start: string,
  end: string,
];

Deno.test("the vectors that the specification ends with", () => {
  const vectors: readonly Vector[] = [
    [
      "Hello world!",
      "saltstring",
      undefined,
      "saltstring",
      "svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
    ],
    [
      "Hello world!",
      "saltstringsaltstring",
      10_000,
      "rounds=10000$saltstringsaltst",
      "OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
    ],
    [
      "This is just a test",
      "toolongsaltstring",
      5_000,
      "rounds=5000$toolongsaltstrin",
      "lQ8jolhgVRVhY4b5pZKaysCLi0QBxGoNeKQzQ3glMhwllF7oGDZxUhx1yxdYcz/e1JSbq3y6JMxxl8audkUEm0",
    ],
    [
      "a very much longer text to encrypt.  This one even stretches over morethan one line.",
      "anotherlongsaltstring",
      1_400,
      "rounds=1400$anotherlongsalts",
      "POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1",
    ],
    [
      "the minimum number is still observed",
      "roundstoolow",
      10,
      "rounds=1000$roundstoolow",
      "kUMsbe306n21p9R.FRkW3IGn.S9NPN0x50YhH1xhLsPuWGsUSklZt58jaTfF4ZEQpyUNGc0dqbpBYYBaHHrsX.",
    ],
  ];
  for (const [password, salt, rounds, start, end] of vectors) {
    equal(hashed(password, salt, rounds)[0], `$6$${start}$${end}`);
  }
});

Deno.test("the vectors of SHA-256", () => {
  const vectors: readonly Vector[] = [
    [
      ...["Hello world!", "saltstring", undefined, "saltstring"] as const,
      "5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
    ],
    [
      ...["Hello world!", "saltstringsaltstring", 10_000] as const,
      ...["rounds=10000$saltstringsaltst", "3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"] as const,
    ],
    [
      ...["This is just a test", "toolongsaltstring", 5_000] as const,
      ...["rounds=5000$toolongsaltstrin", "Un/5jzAHMgOGZ5.mWJpuVolil07guHPvOW8mGRcvxa5"] as const,
    ],
  ];
  const long = "0123456789abcdef".repeat(4); // as long as two digests, as keys of nodes are
  const odd: readonly Vector[] = [
    [long, "abcdefgh", undefined, "abcdefgh", "0yAtCnRVGpClPqYkaucMu/9NZoZyc.MBbWuKD9rhDM5"],
    ["x".repeat(31), "s", undefined, "s", "r4E9wpCAMpmLTjwOv4fKHifsgLduAgnwpWSHg1aWWOA"],
  ];
  for (const [password, salt, rounds, start, end] of [...vectors, ...odd]) {
    equal(hashed(password, salt, rounds, sha256Crypt)[0], `$5$${start}$${end}`);
  }
});

Deno.test("what the crypt(3) of a Linux system makes of odd passwords and salts", () => {
  const vectors: readonly (readonly [password: string, salt: string, end: string])[] = [
    [
      "",
      "abcdefgh",
      "v7sYNA18/BerGOYQLppYLyjH4yJilp8kqe/ef3KYMK9hOIdzH1yzcmP74Ay.m51y1jP3QqxM7Jl75S4CxDhBq.",
    ],
    [
      "x".repeat(64),
      "abcdefgh",
      "J74PEApZRYnxFxfV7YR9J1SNDZA/y9/0zjoD/.pAGZufEnXskYcAOuzejxsvcHUUKaiVU43hXJUUM0/I8NBis1",
    ],
    [
      "pässw0rd ✓",
      "./..AZaz09./..AZ",
      "5PwFgOw4zy87KMPMv.pNM9sLUvDH0qMLlqz6pZ6NOZjW3ELKNNWhuwE7n5A/UhMpSMLOh2V.h3z30XXi1cBmP/",
    ],
    [
      "p".repeat(200),
      "s",
      "9CreRdtUeEKiZRwZDNejKvruyUo6kNwqPaHDKxQPPLO5WYgSyWO.HHwHfbHzGs0gDoi48g17LC3BCEAmOcNpU0",
    ],
  ];
  for (const [password, salt, end] of vectors) {
    equal(hashed(password, salt)[0], `$6$${salt}$${end}`);
  }
});

Deno.test("it is made in many steps, so that it holds up nobody", () => {
  const [, steps] = hashed("Hello world!", "saltstring");
  holds(steps >= 5_000 / 256, `${steps} steps`);
});

Deno.test("a salt is sixteen characters of those that crypt(3) takes, others each time", () => {
  equal(cryptSalt(Uint8Array.from({ length: CRYPT_SALT_BYTES }, (_, i) => i)).length, 16);
  const all = cryptSalt(new Uint8Array(CRYPT_SALT_BYTES).fill(0xfb));
  match(all, /^[./0-9A-Za-z]{16}$/);
  holds(all.includes("."), all);
});
