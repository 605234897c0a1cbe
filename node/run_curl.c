/*
 * /opt/confluent/bin/curl: runs the curl beside it by the loader and the libraries it came with.
 * The initramfs around may have no C library or another one, and no shell; its settings of
 * OpenSSL and of the loader are for other versions.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIB "/opt/confluent/lib"

int main(int argc, char **argv) {
    const char *const before[] = {LIB "/ld.so", "--inhibit-cache", "--library-path",
                                  LIB,          "--argv0",         "curl",
                                  LIB "/curl"};
    const size_t count = sizeof before / sizeof *before;
    char **all = calloc(count + argc + 1, sizeof *all);
    if (!all) return 2;
    memcpy(all, before, sizeof before);
    for (int i = 1; i < argc; i++) all[count + i - 1] = argv[i];
    unsetenv("LD_PRELOAD");
    setenv("OPENSSL_CONF", "/dev/null", 1);
    execv(all[0], all);
    perror(all[0]);
    return 2;
}
