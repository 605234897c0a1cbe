/**
 * The bounds of what boots machines; the rest is limits.ts. Times are milliseconds, sizes bytes,
 * unless the name says otherwise.
 */

// ---- who answers a booting machine
/** The next member in the order answers so long after the one before it should have, and where the
 * client asks again so long. */
export const STEP_IN_MS = 750;
export const STEP_IN_HURRIED_MS = 250;
/** A request that is heard again sooner is the same one. */
export const REPEATED_MS = 500;
/** A member's word that it answers may come so much earlier than the request itself. */
export const WORD_AHEAD_MS = 250;
/** Where the loop was late of late, that word may wait to be read: it is given this time. So late
 * is the first in the order, for whom another may have stepped in, and one that steps in. */
export const WORD_READ_MS = 50;
export const LATE_FIRST_MS = 250;
export const LATE_STEP_MS = 20;
/** Transactions are remembered so long, and so many of them. */
export const FORGET_TRANSACTION_MS = 60_000;
export const MAX_TRANSACTIONS = 32_768;
/** Addresses of a member's interfaces where it hears booting machines, and relays that it heard in
 * this time. */
export const MAX_INTERFACES = 256;
export const MAX_RELAYS = 1_024;
/** First stages of a member. */
export const MAX_LOADERS_TOLD = 64;
/** A hardware address of 16 bytes, as text. */
export const MAX_MAC_LENGTH = 47;
export const RELAY_KEPT_MS = 600_000;
/** Machines that no node is known to be; the newest are kept. */
export const MAX_STRANGERS = 4_096;
/** Of each of them so much is kept of what it did; and so many bytes of option 82, in which the
 * names of a port and of a switch have room: all of them are told in one frame. */
export const MAX_STRANGER_EVENTS_KEPT = 4;
export const MAX_RELAY_AGENT_KEPT_BYTES = 96;
/** Of what was asked, in UTF-16 units, and of what was told: names of files are in both. */
export const MAX_BOOT_TEXT_LENGTH = 512;
/** What is kept of each machine's boots, of how many machines, of all together; and told at
 * once. */
export const MAX_BOOT_EVENTS_KEPT = 48;
export const MAX_BOOT_SUBJECTS = 32_768;
export const MAX_BOOT_EVENTS = 262_144;
export const MAX_BOOT_EVENTS_TOLD = 256;
/** What a node's name comes to is kept so long, of so many nodes that have no address else. */
export const NAME_KEPT_MS = 60_000;
export const MAX_NAMES_LOOKED_UP = 4_096;
/** The members as the boot decision sees them may be so old. */
export const BOOT_FIELD_KEPT_MS = 50;
/** A DHCP server that is no member counts so long after it was heard; so many are remembered, and
 * an interface is asked for them so often at most. */
export const FOREIGN_KEPT_MS = 600_000;
export const MAX_FOREIGN_SERVERS = 64;
export const FOREIGN_ASK_MS = 10_000;
/** New ones are told of in the log so often at most, and so many of them in notices. */
export const FOREIGN_TELL_MS = 10_000;
export const MAX_FOREIGN_NOTICES = 4;
/** Frames that are taken in one turn of the loop, so that others have theirs. */
export const FRAMES_A_TURN = 64;
/** Requests of one machine in a second; more are not looked at. */
export const MAX_REQUESTS_OF_ONE = 20;
/** What comes through a relay that was never heard waits so long for what the others say of it, and
 * so many requests do. */
export const NEW_RELAY_WAIT_MS = 150;
export const MAX_REQUESTS_HELD = 4_096;
/** Whether an address is in use is asked twice within this (REPLICATION: without quorum), for so
 * many addresses at a time. */
export const ARP_PROBE_MS = 600;
export const MAX_PROBES = 1_024;
/** What cannot be opened, a port that is taken say, is tried again after this; interfaces are
 * looked at so often. */
export const BOOT_AGAIN_MS = 10_000;
export const INTERFACES_LOOK_MS = 2_000;
/** Segments are searched for servers that are no members so often. */
export const FOREIGN_SEARCH_MS = 300_000;
/** Recorded requests that are judged at once. */
export const MAX_REPLAYED = 500;
/** First stages are looked for so often, and so long is one that is sent whole, over HTTP. */
export const LOADER_LOOK_MS = 30_000;
export const MAX_LOADER_BYTES = 16 * 1024 * 1024;
/** Addresses of one kind that an answer names. */
export const MAX_SERVERS_TOLD = 8;

// ---- boot files
/** Files that threads of the pool open or read at a time; it has 32, and a disk that hangs must not
 * get them all. */
export const MAX_CONTENT_CALLS = 8;
/** What is read by one call where the page cache has it. */
export const MAX_READ_AT_ONCE_BYTES = 64 * 1024;
/** Where its trees really lie is looked up so often. */
export const CONTENT_TREES_KEPT_MS = 1_000;
/** Characters of a path below `public/`; Linux has 4,096 bytes for a whole path. */
export const MAX_CONTENT_PATH_LENGTH = 4_096;

// ---- boot files by HTTP
/** A request's head, the target in it in characters, and its fields. */
export const MAX_FILE_REQUEST_BYTES = 8 * 1024;
export const MAX_FILE_REQUEST_TARGET = 2_048;
export const MAX_FILE_REQUEST_FIELDS = 64;
/** Connections in all, and of one client among them. */
export const MAX_BOOT_HTTP_CONNECTIONS = 1_024;
/** Where there are so many, one is given up for another that is idle, or has said nothing whole for
 * so long. */
export const BOOT_HTTP_UNPROVEN_MS = 1_000;
/** Those of one client. */
export const MAX_BOOT_HTTP_CONNECTIONS_EACH = 128;
/** A head has come whole so long after it began, or the connection, if that is later. */
export const BOOT_HTTP_HEAD_MS = 10_000;
/** A connection is kept so long for another request. */
export const BOOT_HTTP_IDLE_MS = 30_000;
/** Every so long a client must have taken so much of what is under way, or is cut. */
export const BOOT_HTTP_SLOW_MS = 60_000;
export const BOOT_HTTP_SLOW_BYTES = 64 * 1024;
/** Bytes of a file that are sent before others have their turn. */
export const BOOT_HTTP_TURN_BYTES = 1024 * 1024;
/** A file that has to be read first is read by so many bytes, and the kernel may hold so many of it
 * for a client that does not take them. */
export const BOOT_HTTP_READ_BYTES = 128 * 1024;
export const BOOT_HTTP_UNSENT_BYTES = 128 * 1024;
/** After an answer that ends the connection the client may take so long to end it too. */
export const BOOT_HTTP_LINGER_MS = 5_000;
/** Of what goes wrong with single clients the log is told so many lines in so long. */
export const BOOT_HTTP_TELL_MOST = 3;
export const BOOT_HTTP_TELL_MS = 10_000;
/** How often all of that is looked at. */
export const BOOT_HTTP_LOOK_MS = 1_000;
/** Answers under way have so long to end when the service stops. */
export const BOOT_HTTP_CLOSING_MS = 1_500;
/** Without a descriptor for another connection none is taken for so long. */
export const BOOT_HTTP_AGAIN_MS = 1_000;

// ---- raw sockets
/** Messages that one call of the kernel takes or gives, */
export const RAW_BATCH = 64;
/** and bytes of one that is received: no boot client or relay sends more. */
export const RAW_RECEIVE_BYTES = 2048;
/** Of a datagram over IPv4. */
export const MAX_DATAGRAM_BYTES = 65_507;
/** Of a frame that is sent. */
export const MAX_ETHERNET_BYTES = 2048;
/** What frames that wait may take of the kernel's memory, where it grants that much. */
export const FRAMES_WAITING_BYTES = 8 * 1024 * 1024;
/** File descriptors looked at to name the holder of a port. */
export const MAX_DESCRIPTORS_SEARCHED = 65_536;
/** Descriptors that are told of at once. */
export const POLLED_EVENTS = 64;
/** After an event the next one is looked for in each turn of the event loop, for so long, */
export const POLL_BRISK_MS = 0.2;
/** but so often in vain at most, before the thread of the pool waits at once; doubling. */
export const POLL_RESTS_MOST = 32;
/** However much comes, other sockets of the process have their turn this often. */
export const POLL_GIVE_WAY_MS = 1;
/** Datagrams that pass the kernel together. */
export const MAX_SEGMENTS = 64;

// ---- profiles and their files
export const MAX_PROFILE_NAME_LENGTH = 128;
/** Profiles of one member, and files of one; beyond that it is not compared. */
export const MAX_PROFILES = 256;
export const MAX_PROFILE_FILES = 16_384;
/** Folders within folders of a profile. */
export const MAX_PROFILE_DEPTH = 16;
/** Its `profile.yaml`, and the label and kernel arguments in it, in characters. */
export const MAX_PROFILE_YAML_BYTES = 16 * 1024;
export const MAX_PROFILE_LABEL_LENGTH = 256;
export const MAX_KERNEL_ARGUMENTS_LENGTH = 2_048;
/** Files of its `boot/initramfs`. */
export const MAX_INITRAMFS_FILES = 16;
/** The content folder is looked at so often, and less often where one look takes more than one part
 * in so many of the time. */
export const CONTENT_LOOK_MS = 1_500;
export const CONTENT_LOOK_SHARE = 16;
/** A profile is compared once its files have been at rest for so long; */
export const CONTENT_REST_MS = 1_000;
/** one whose files could not be read, again after this. */
export const CONTENT_RETRY_MS = 30_000;
/** Files are read for that no faster than this, in pieces of so many bytes. */
export const CONTENT_BYTES_PER_SECOND = 50_000_000;
export const CONTENT_PIECE_BYTES = 256 * 1024;
/** Files whose SHA-256 is remembered. */
export const MAX_CONTENT_HASHES = 65_536;
/** Whoever sets a reference digest waits so long for the files to be read. */
export const CONTENT_WAIT_MS = 20_000;
/** Characters of why a profile cannot be booted, or compared. */
export const MAX_CONTENT_REASON_LENGTH = 256;
/** Things that are wrong with profiles, of which is told one by one. */
export const MAX_CONTENT_NOTICES = 32;

// ---- searches of nodes for members
/** Hardware addresses that a machine says it has, in a search or to `whoami`: more are not looked
 * up. Virtual ports are among them. */
export const MAX_SEARCH_MACS = 64;
/** Characters of a collective's UUID in it. */
export const MAX_SEARCH_VALUE_LENGTH = 64;
/** Searches in a second from one address, and from all; more are not looked at. A machine asks by
 * three ways at each of its ports. */
export const MAX_SEARCHES_OF_ONE = 20;
export const MAX_SEARCHES = 2_000;
/** The same, from all who are not on the link: they are not answered. */
export const MAX_SEARCHES_OFF_LINK = 64;
/** Bytes of an answer, which has to pass every link. */
export const MAX_SEARCH_ANSWER_BYTES = 1_024;
/** Searches that are read in one turn of the loop, so that others have theirs. */
export const SEARCHES_A_TURN = 64;
/** The groups are left and joined anew so often: switches that learn who hears a group forget it
 * where nobody asks them to remember. */
export const SEARCH_REJOIN_MS = 60_000;
/** What the kernel is to hold of searches that wait, where it grants that much. */
export const SEARCH_BUFFER_BYTES = 1024 * 1024;

// ---- DHCP
/** A longer message is refused unread: it would not even fit a jumbo frame. */
export const MAX_DHCP_BYTES = 9_000;

// ---- captures
/** A capture file is read as a whole; one record of it holds no more than libpcap ever keeps. */
export const MAX_CAPTURE_BYTES = 64 * 1024 * 1024;
export const MAX_CAPTURE_RECORD_BYTES = 256 * 1024;
/** Packets that are taken of one file. */
export const MAX_CAPTURE_PACKETS = 262_144;

// ---- TFTP
/** Names of boot files, as they are asked for: the whole, and what stands between two slashes. */
export const MAX_BOOT_FILE_NAME_LENGTH = 512;
export const MAX_BOOT_FILE_SEGMENT_BYTES = 255;
/** Blocks that one machine may be sent before it acknowledges any, and bytes of them together. */
export const MAX_TFTP_WINDOW_BLOCKS = 64;
export const MAX_TFTP_WINDOW_BYTES = 256 * 1024;
/** What is not acknowledged is sent again after this at the soonest: clients on a busy machine may
 * stand still for a while on a link that loses nothing; */
export const TFTP_AGAIN_MIN_MS = 500;
/** after this as long as nothing is known of the link (RFC 6298, section 2.1), */
export const TFTP_AGAIN_FIRST_MS = 1_000;
/** at the latest after this, */
export const TFTP_AGAIN_MAX_MS = 8_000;
/** so often in a row, */
export const MAX_TFTP_TRIES = 5;
/** but to who has not answered at all once: anybody may have asked in its name; */
export const MAX_TFTP_TRIES_UNPROVEN = 1;
/** and no more once a client has been silent for so long. */
export const TFTP_SILENCE_MS = 60_000;
/** A request that is repeated is answered again after this at the soonest. */
export const TFTP_REPEAT_MS = 100;
/** One that comes so long after the last acknowledgement is of a machine that begins anew. */
export const TFTP_RESTART_MS = 1_000;
/** Transfers of one member at a time, those to one address, and files on their way to be opened. */
export const MAX_TFTP_TRANSFERS = 2_048;
export const MAX_TFTP_TRANSFERS_PER_CLIENT = 128;
export const MAX_TFTP_OPENINGS = 512;
/** Of those so many at a time, and so many reads of files: threads are few. */
export const MAX_TFTP_OPENINGS_AT_ONCE = 8;
export const MAX_TFTP_READS_AT_ONCE = 6;
/** A place whose client has not answered yet is given to another after this. */
export const TFTP_UNPROVEN_MS = 1_000;
/** Files are read in parts of so many bytes, more than the largest block; */
export const TFTP_CHUNK_BYTES = 128 * 1024;
/** which are kept for other machines up to so many bytes in all. */
export const MAX_TFTP_KEPT_BYTES = 64 * 1024 * 1024;
/** Texts sent as netascii are held whole, up to so many bytes. */
export const MAX_NETASCII_BYTES = 1024 * 1024;
/** Packets that are read before others in the process get their turn. */
export const TFTP_TURN_PACKETS = 64;
/** An answer that is due at once is looked for so long, without a pause, */
export const TFTP_LOOK_MS = 0.06;
/** then slept for so long, where others in the process have their turn again after this. */
export const TFTP_SLEEP_MS = 0.3;
export const TFTP_LINGER_MS = 0.6;
/** A look that takes so long was interrupted: others want the processor. So long it is left to
 * them. */
export const TFTP_OUSTED_MS = 0.5;
export const TFTP_CONTENDED_MS = 50;
/** What was in vain is left out the next times, so often at most; doubling. */
export const TFTP_RESTS_MOST = 64;
/** What is unanswered is looked for so often. */
export const TFTP_SWEEP_MS = 100;
/** A transfer whose file cannot be read in this time ends. */
export const TFTP_READ_MS = 30_000;
/** With so many transfers the blocks of a round are sent together; with fewer, each as soon as it
 * is there, so that the client writes the first while the last is on its way. */
export const TFTP_CROWD = 8;

// ---- the self-service API of nodes
/** A node may ask for a key so long after it was armed. */
export const ARMED_MS = 4 * 60 * 60 * 1000;
/** Characters of a key that a node registers, and of one that is shown. */
export const MIN_NODE_KEY_LENGTH = 32;
export const MAX_NODE_KEY_LENGTH = 128;
/** Of a node's name, of the path and of a header in a request of a node, in characters. */
export const MAX_SELF_TEXT_LENGTH = 2_048;
/** Nodes whose keys were proven and are remembered, by a digest. */
export const MAX_NODE_KEYS_KNOWN = 16_384;
/** Keys that wait to be hashed, some 13 ms each, and those of them that take turns at it. */
export const MAX_NODE_KEYS_WAITING = 256;
export const NODE_KEYS_AT_ONCE = 4;
/** Of a hash that names its rounds: more would let one node hold up the others. */
export const MAX_NODE_KEY_ROUNDS = 10_000;
/** Requests that one address may make at once to what needs no key, and then in a second: machines
 * behind one router share it. */
export const SELF_OPEN_BURST = 256;
export const SELF_OPEN_PER_SECOND = 32;
/** Keys that were wrong, of one address, the same. */
export const SELF_WRONG_BURST = 16;
export const SELF_WRONG_PER_SECOND = 0.5;
/** Addresses that this is known of, each. */
export const MAX_SELF_ADDRESSES = 8_192;
/** Second claims for keys: the newest of so many nodes are kept, */
export const MAX_CLAIMS = 64;
/** told of for so long, */
export const CLAIM_TOLD_MS = 7 * 24 * 60 * 60 * 1000;
/** and written for each node so often at most, and for all of them, by one member. */
export const CLAIM_WRITE_MS = 60_000;
export const CLAIMS_WRITTEN_A_MINUTE = 32;
/** Neighbours on the networks of this host are read so often at most, and so many of them, from so
 * many bytes. */
export const NEIGHBOURS_KEPT_MS = 100;
export const MAX_NEIGHBOURS = 65_536;
export const MAX_NEIGHBOUR_BYTES = 16 * 1024 * 1024;
/** Networks of this host are read so often at most; and networks of an attribute, at most. */
export const NETWORKS_KEPT_MS = 1_000;
export const MAX_TRUSTED_SUBNETS = 256;
/** A report of a node's status, the words and the lines in it, in UTF-16 units: of longer ones the
 * beginning is kept. */
export const MAX_STATUS_REPORT_BYTES = 8 * 1024;
export const MAX_STATE_LENGTH = 128;
export const MAX_STATE_DETAIL_LENGTH = 1_024;
/** Reports of one node that a member takes at once, and then in a second. Each is an entry, and its
 * Idempotency-Key is kept for a day by all members: of all keys they have room for MAX_KEYS. */
export const REPORT_BURST = 64;
export const REPORTS_PER_SECOND = 0.25;
/** Names that are looked up for one request of a node, and what each may take. */
export const MAX_SELF_NAMES = 32;
export const SELF_NAME_MS = 2_000;
/** Who is trusted by whom is read of all nodes at most so often for one noderange, and kept for so
 * many of them. */
export const NODE_LIST_KEPT_MS = 10_000;
export const MAX_NODE_LISTS_KEPT = 16;
/** Scripts of one kind that a node is told. */
export const MAX_SCRIPTS_TOLD = 1_024;
/** What nodes take over of this host, its time zone say, is read so often. */
export const LOCALITY_KEPT_MS = 30_000;

// ---- the collective's certificate authority
/** What it lacks, and whether the own certificate is due, is looked at so often; */
export const AUTHORITY_LOOK_MS = 2_000;
/** what the leader has not made after this, since it cannot, another member makes. */
export const AUTHORITY_PATIENCE_MS = 10_000;
/** Its certificate, in years; another one is made this long before it ends. */
export const AUTHORITY_YEARS = 10;
export const AUTHORITY_RENEWED_MS = 365 * 86_400_000;
/** A member's certificate for nodes. */
export const LEAF_DAYS = 47;
/** Whatever is signed counts from so long ago: clocks of hosts that boot are behind. */
export const BACKDATED_MS = 86_400_000;
/** Names and addresses in one certificate. */
export const MAX_CERTIFIED_NAMES = 128;
/** What may be asked for: days, and characters of a request in PEM and of a key of SSH. */
export const MAX_CERTIFIED_DAYS = 3_650;
export const MAX_REQUEST_PEM_LENGTH = 16 * 1024;
export const MAX_SSH_KEY_LENGTH = 16 * 1024;
/** Bits of an RSA key that is certified. */
export const MIN_RSA_BITS = 2_048;
export const MAX_RSA_BITS = 8_192;

// ---- https for nodes
/** A request's body: all of it is read before anything is done. */
export const MAX_HTTPS_BODY_BYTES = 64 * 1024;
/** Its head, and the fields in it. */
export const MAX_HTTPS_HEAD_BYTES = 8 * 1024;
export const MAX_HTTPS_FIELDS = 64;
/** Connections in all, and of one client among them. */
export const MAX_HTTPS_CONNECTIONS = 1_024;
export const MAX_HTTPS_CONNECTIONS_EACH = 128;
/** Where there are so many, one that asks for nothing since so long is given up for another. */
export const HTTPS_UNPROVEN_MS = 1_000;
/** A connection asks for something so long after it was taken, the handshake of TLS within that; */
export const HTTPS_OPENING_MS = 10_000;
/** again so long after an answer; */
export const HTTPS_IDLE_MS = 30_000;
/** and a body has come whole so long after its head. */
export const HTTPS_BODY_MS = 10_000;
/** Requests of one connection that wait for those before them (apt sends so many at once). */
export const MAX_HTTPS_WAITING = 16;
/** What a client still sends after it was refused is read, and let go, for so long: else it would
 * never read why. */
export const HTTPS_LINGER_MS = 1_000;
/** An answer is handed on in pieces of so many bytes, and each is taken within this time. */
export const HTTPS_PIECE_BYTES = 64 * 1024;
export const HTTPS_SLOW_MS = 60_000;
/** How often all of that is looked at. */
export const HTTPS_LOOK_MS = 1_000;
/** Answers under way have so long to end when the service stops. */
export const HTTPS_CLOSING_MS = 1_500;
/** A member that starts is ready without this port after so long: its certificate may have to be
 * made first. */
export const HTTPS_READY_MS = 5_000;

// ---- installation media
/** Files and links of one, bytes of its files, folders within folders, and characters of a path. */
export const MAX_MEDIUM_FILES = 65_536;
export const MAX_MEDIUM_BYTES = 64 * 1024 * 1024 * 1024;
export const MAX_MEDIUM_DEPTH = 32;
export const MAX_MEDIUM_PATH_LENGTH = 1_024;
/** What is read of the small files that say what it is, and characters of each word taken of it. */
export const MAX_MEDIUM_TEXT_BYTES = 64 * 1024;
export const MAX_MEDIUM_WORD_LENGTH = 32;
/** Characters of a line that bsdtar prints; the rest of a longer one is dropped. */
export const MAX_CHILD_LINE_LENGTH = 8_192;
/** How far an import is is told so often, and the room on the disk looked at. */
export const IMPORT_TELL_MS = 1_000;
/** Files that are hashed, or put to disk, by one child. */
export const MAX_HASHED_AT_ONCE = 256;

// ---- check
/** A clock in an earlier year was never set. */
export const LEAST_CLOCK_YEAR = 2025;
/** Nodes that are looked at before others have their turn, and names that are looked up. */
export const NODES_CHECK_SLICE = 128;
export const MAX_NAMES_CHECKED = 8;
