/*
 * confluent-search: finds the members of the collective that know this machine.
 *
 *   confluent-search [-t] [-a] [-w SECONDS]   searches, and prints who answered
 *   confluent-search -l ADDRESS               prints the own address that reaches ADDRESS
 *
 * The machine tells who it is (the collective's uuid, its own, its MACs) to the groups of SSDP and
 * each broadcast address on every interface that is up. Members answer by unicast. Printed is, the
 * preferred member first:
 *
 *   NODENAME: n1
 *   MANAGER: fe80::1%2                        address, scope as interface index
 *   EXTMGRINFO: fe80::1%2|4|1                 address | the member's interface | 1: preferred
 *
 * Exit code: 0 somebody answered, 1 nobody did, 2 wrong usage, 3 no socket.
 *
 * Anybody on the wire can answer: TLS proves the rest. What is not exactly an answer is dropped,
 * so that nothing odd reaches the shell that reads this.
 *
 * -t sets the clock from the answers, or no certificate would be valid on a machine whose clock
 * is lost. It is only moved forward, and never to a time before this initramfs was made: the
 * latest of the times of the files in MADE. Of several answers the earliest counts: a liar can
 * hold the clock back while it stays, but not move it on for good.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PORT 1900
#define MAX_MEMBERS 64         /* answers kept, one for each address */
#define ADDRESS_SIZE 64        /* with %scope */
#define MAX_MESSAGE 1400       /* bytes; a larger datagram is no answer */
#define DEFAULT_WAIT 5         /* seconds for the first answer */
#define REPEAT_MS 700          /* between repeats of the question */
#define AFTER_FIRST_MS 1500    /* for further answers, once one is here */
#define LAST_CLOCK 4102444800L /* 2100-01-01: a later clock is nonsense */

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define DIGITS "0123456789"

static const char *const MADE[] = {"/confluent_uuid", "/init", "/proc/self/exe", NULL};

struct member {
    char address[ADDRESS_SIZE];
    char name[254]; /* what it calls this node */
    char interface[16], preferred[2], present[8], clock[12];
};

/* What an answer may hold: of each key at most SIZE-1 of the ALLOWED characters. */
#define FIELD(key, field, allowed) \
    {key, allowed, offsetof(struct member, field), sizeof(((struct member *)0)->field)}
static const struct {
    const char *key, *allowed;
    size_t offset, size;
} FIELDS[] = {FIELD("NODENAME", name, ALNUM "._-"), FIELD("MGTIFACE", interface, ALNUM "._:@-"),
              FIELD("CURRTIME", clock, DIGITS),     FIELD("DEFAULTNET", preferred, "01"),
              FIELD("CONFLUENT", present, "PRESENT")};

static struct member members[MAX_MEMBERS];
static int member_count;
static long earliest = LAST_CLOCK; /* of the members' clocks, less our time since power-on */

static int print_address(const void *address, socklen_t size, char *text) {
    int how = NI_NUMERICHOST | NI_NUMERICSCOPE;
    return !getnameinfo(address, size, text, ADDRESS_SIZE, NULL, 0, how);
}

static long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

/* ---- the question */

/* Adds "/KEY=VALUE" where it fits and VALUE is not in there already (a bond and its ports). */
static void add(char *question, const char *key, const char *value) {
    size_t used = strlen(question), more = strlen(key) + strlen(value) + 2;
    if (*value && used + more < MAX_MESSAGE && !strstr(question, value))
        sprintf(question + used, "/%s=%s", key, value);
}

/* The uuid in a file, or "". A collective's own has no hyphens. */
static void read_uuid(const char *path, char uuid[37]) {
    FILE *file = fopen(path, "r");
    if (!file || fscanf(file, "%36[0-9A-Fa-f-]", uuid) != 1 || strlen(uuid) < 32) uuid[0] = 0;
    if (file) fclose(file);
}

/* The MAC of an interface, or "". InfiniBand's has 20 bytes. */
static void read_mac(const struct sockaddr_ll *link, char text[64]) {
    text[0] = 0;
    if (link->sll_halen != 6 && link->sll_halen != 20) return;
    for (int i = 0; i < link->sll_halen; i++)
        sprintf(text + strlen(text), i ? ":%02x" : "%02x", link->sll_addr[i]);
}

static void write_question(char *question, int all, struct ifaddrs *interfaces) {
    char value[64];
    strcpy(question, "M-SEARCH * HTTP/1.1\r\nST: urn:xcat.org:service:confluent:");
    read_uuid("/confluent_uuid", value);
    if (!value[0]) read_uuid("/etc/confluent/confluent_uuid", value); /* once installed */
    add(question, "confluentuuid", value);
    if (all) add(question, "allconfluent", "1");
    read_uuid("/sys/class/dmi/id/product_uuid", value);
    add(question, "uuid", value);
    for (struct ifaddrs *i = interfaces; i; i = i->ifa_next) {
        if (!i->ifa_addr || i->ifa_addr->sa_family != AF_PACKET) continue;
        if (i->ifa_flags & IFF_LOOPBACK) continue;
        read_mac((struct sockaddr_ll *)i->ifa_addr, value);
        add(question, "mac", value);
    }
}

static void send_to(int fd, const char *text, const void *to, socklen_t size) {
    sendto(fd, text, strlen(text), 0, to, size); /* what is lost is left to the next repeat */
}

/* Asks all groups and broadcast addresses of interfaces that are up. */
static void ask(int socket4, int socket6, const char *question, struct ifaddrs *interfaces) {
    for (struct ifaddrs *i = interfaces; i; i = i->ifa_next) {
        if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) || i->ifa_flags & IFF_LOOPBACK) continue;
        if (i->ifa_addr->sa_family == AF_INET6) {
            struct sockaddr_in6 to = *(struct sockaddr_in6 *)i->ifa_addr;
            if (!IN6_IS_ADDR_LINKLOCAL(&to.sin6_addr)) continue;
            to.sin6_port = htons(PORT);
            inet_pton(AF_INET6, "ff02::c", &to.sin6_addr);
            send_to(socket6, question, &to, sizeof to);
        } else if (i->ifa_addr->sa_family == AF_INET) {
            struct sockaddr_in to = *(struct sockaddr_in *)i->ifa_addr;
            struct ip_mreqn from = {.imr_ifindex = if_nametoindex(i->ifa_name)};
            from.imr_address = to.sin_addr;
            setsockopt(socket4, IPPROTO_IP, IP_MULTICAST_IF, &from, sizeof from);
            to.sin_port = htons(PORT);
            inet_pton(AF_INET, "239.255.255.250", &to.sin_addr);
            send_to(socket4, question, &to, sizeof to);
            if (!(i->ifa_flags & IFF_BROADCAST) || !i->ifa_broadaddr) continue;
            to.sin_addr = ((struct sockaddr_in *)i->ifa_broadaddr)->sin_addr;
            send_to(socket4, question, &to, sizeof to);
        }
    }
}

/* ---- the answers */

/* Members answer on the link only: from a link-local address, or from a network of ours. */
static int is_on_link(const struct sockaddr *from, struct ifaddrs *interfaces) {
    const struct sockaddr_in6 *from6 = (const struct sockaddr_in6 *)from;
    if (from->sa_family == AF_INET6)
        return IN6_IS_ADDR_LINKLOCAL(&from6->sin6_addr) && from6->sin6_scope_id != 0;
    in_addr_t address = ((const struct sockaddr_in *)from)->sin_addr.s_addr;
    for (struct ifaddrs *i = interfaces; i; i = i->ifa_next) {
        if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET || !i->ifa_netmask) continue;
        in_addr_t own = ((struct sockaddr_in *)i->ifa_addr)->sin_addr.s_addr;
        in_addr_t mask = ((struct sockaddr_in *)i->ifa_netmask)->sin_addr.s_addr;
        if (((own ^ address) & mask) == 0) return 1;
    }
    return 0;
}

/* Reads "HTTP/1.1 200 OK", then "KEY: VALUE" lines. 0: this is no answer. Keys that are not
 * known are passed over; a known one twice, or with a value it cannot have, spoils all. */
static int parse_answer(char *text, int all, struct member *member) {
    char *rest, *value, *line = strtok_r(text, "\n", &rest);
    if (!line || strcmp(line, "HTTP/1.1 200 OK\r")) return 0;
    while ((line = strtok_r(NULL, "\n", &rest))) {
        line[strcspn(line, "\r")] = 0;
        if (!(value = strstr(line, ": "))) continue;
        *value = 0, value += 2;
        for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
            char *into = (char *)member + FIELDS[i].offset;
            size_t length = strlen(value);
            if (strcmp(line, FIELDS[i].key)) continue;
            if (*into || length == 0 || length >= FIELDS[i].size || *value == '-') return 0;
            if (strspn(value, FIELDS[i].allowed) != length) return 0;
            strcpy(into, value);
        }
    }
    return member->name[0] || (all && member->present[0]);
}

/* Takes one datagram; 1 if it brought a member that was not known. */
static int receive(int socket, int all, struct ifaddrs *interfaces) {
    char text[MAX_MESSAGE + 1];
    struct sockaddr_storage from;
    socklen_t size = sizeof from;
    struct member member = {.name = ""};
    ssize_t got = recvfrom(socket, text, sizeof text, 0, (struct sockaddr *)&from, &size);
    if (got <= 0 || got > MAX_MESSAGE || member_count == MAX_MEMBERS) return 0;
    text[got] = 0;
    if (!is_on_link((struct sockaddr *)&from, interfaces)) return 0;
    if (memchr(text, 0, got) || !parse_answer(text, all, &member)) return 0;
    if (!print_address(&from, size, member.address)) return 0;
    for (int i = 0; i < member_count; i++)
        if (!strcmp(members[i].address, member.address)) return 0;
    long ahead = strtol(member.clock, NULL, 10) - now_ms() / 1000;
    if (member.clock[0] && ahead < earliest) earliest = ahead;
    members[member_count++] = member;
    /* Tells the member's kernel our MAC, by which the member will know us. */
    send_to(socket, "PING", &from, size);
    return 1;
}

static void set_clock(void) {
    time_t told = earliest + now_ms() / 1000, made = 0, now = time(NULL);
    struct stat file;
    for (const char *const *path = MADE; *path; path++)
        if (!stat(*path, &file) && file.st_mtime > made) made = file.st_mtime;
    if (told >= LAST_CLOCK) return;
    if (told < now - 86400)
        fprintf(stderr, "confluent-search: the clock is days ahead of the members'\n");
    struct timeval wanted = {.tv_sec = told > made ? told : made};
    if (wanted.tv_sec > now && settimeofday(&wanted, NULL))
        fprintf(stderr, "confluent-search: the clock cannot be set: %s\n", strerror(errno));
}

/* A datagram socket at port 1900, or at any if that is taken; -1 without the protocol. */
static int open_socket(int family) {
    struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
    struct sockaddr_in any4 = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int yes = 1, fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
    if (family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
    if (family == AF_INET6) bind(fd, (struct sockaddr *)&any6, sizeof any6);
    else bind(fd, (struct sockaddr *)&any4, sizeof any4);
    return fd;
}

static void print_members(void) {
    for (char wanted = '1', *name = NULL; wanted >= '0'; wanted--)
        for (struct member *m = members; m < members + member_count; m++) {
            if ((m->preferred[0] == '1') != (wanted == '1')) continue;
            if (!name && m->name[0]) printf("NODENAME: %s\n", name = m->name);
            printf("MANAGER: %s\nEXTMGRINFO: ", m->address);
            printf("%s|%s|%c\n", m->address, m->interface, wanted);
        }
}

static int search(int all, int clock, int wait_s) {
    struct pollfd sockets[] = {{.events = POLLIN, .fd = open_socket(AF_INET)},
                               {.events = POLLIN, .fd = open_socket(AF_INET6)}};
    long next = now_ms(), end = next + wait_s * 1000L;
    struct ifaddrs *interfaces = NULL;
    char question[MAX_MESSAGE];
    if (sockets[0].fd < 0 && sockets[1].fd < 0) return 3;
    for (long now = next; now < end; now = now_ms()) {
        if (now >= next) {
            if (interfaces) freeifaddrs(interfaces); /* links come up meanwhile */
            if (getifaddrs(&interfaces)) return 3;
            write_question(question, all, interfaces);
            ask(sockets[0].fd, sockets[1].fd, question, interfaces);
            next = now + REPEAT_MS;
        }
        if (poll(sockets, 2, (next < end ? next : end) - now) <= 0) continue;
        for (int i = 0; i < 2; i++)
            if (sockets[i].revents && receive(sockets[i].fd, all, interfaces) && member_count == 1)
                if (now + AFTER_FIRST_MS < end) end = now + AFTER_FIRST_MS;
    }
    if (clock) set_clock();
    print_members();
    return member_count ? 0 : 1;
}

/* The address the system would send from, by the routes it has. */
static int print_own_address(const char *to) {
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM}, *found;
    struct sockaddr_storage own;
    socklen_t size = sizeof own;
    char host[ADDRESS_SIZE];
    if (getaddrinfo(to, "9", &hints, &found)) return 2;
    int fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (connect(fd, found->ai_addr, found->ai_addrlen)) return 1;
    if (getsockname(fd, (struct sockaddr *)&own, &size)) return 1;
    return print_address(&own, size, host) && puts(host) >= 0 ? 0 : 1;
}

int main(int argc, char **argv) {
    int all = 0, clock = 0, wait_s = DEFAULT_WAIT, option;
    while ((option = getopt(argc, argv, "atw:l:")) != -1) {
        if (option == 'a') all = 1;
        else if (option == 't') clock = 1;
        else if (option == 'l') return print_own_address(optarg);
        else if (option != 'w' || (wait_s = atoi(optarg)) < 1 || wait_s > 60) return 2;
    }
    return optind == argc ? search(all, clock, wait_s) : 2;
}
