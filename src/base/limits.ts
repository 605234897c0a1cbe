/**
 * Every bound of the program, with its unit (I11). Whoever hits one is told its name and value.
 * Times are milliseconds, sizes bytes, unless the name says otherwise.
 */

// ---- members and names
export const MAX_MEMBERS = 64;
export const MAX_NAME_LENGTH = 253;
export const MAX_ADDRESSES_PER_MEMBER = 8;
export const MAX_REMOVED_KEPT = 256;
/** DER of a certificate that a member rotates away from, which then stands in the roster. */
export const MAX_CERTIFICATE_BYTES = 2048;
/** A certificate that expires within this is warned of: 90 days. */
export const CERTIFICATE_WARN_MS = 90 * 86_400_000;
/** Epochs a collective's chain may hold: one for each forced quorum. */
export const MAX_CHAIN_LENGTH = 64;
/** Starts of itself that a disk remembers. */
export const MAX_LIVES_KEPT = 1024;
/** What was heard of other disks is written down after this, if nothing else is written. */
export const HEARD_KEPT_MS = 1_000;

// ---- entries and values
/** One log entry: it must fit one atomic of the store with its keys. */
export const MAX_ENTRY_BYTES = 512 * 1024;
/** A change that is longer waits in a stage, in parts of about so many bytes, one entry each, */
export const STAGE_PART_BYTES = 192 * 1024;
/** and never more than this in all stages together, in so many stages. */
export const MAX_STAGE_BYTES = 1024 * 1024 * 1024;
export const MAX_STAGES = 8;
/** Parts of one change under way at a time; one that cannot be sent for so long ends it. */
export const STAGE_PARTS_UNDER_WAY = 4;
export const STAGE_SILENT_MS = 30_000;
/** One that nobody adds to is dropped. */
export const STAGE_IDLE_MS = 10 * 60_000;
/** To apply a stage may take so long. */
export const APPLY_STAGE_MS = 300_000;
export const MAX_VALUE_BYTES = 60 * 1024;
/** Plain text of a secret: sealed it fits a value. */
export const MAX_SECRET_BYTES = 32 * 1024;
/** A password that is kept as a hash, and different ones of a request; each takes 40 ms. */
export const MAX_PASSWORD_BYTES = 512;
export const MAX_HASHES_PER_REQUEST = 32;
export const MAX_NODERANGE_LENGTH = 64 * 1024;
export const MAX_NODERANGE_NODES = 200_000;
/** Names that are looked at to answer one; those of a group count each time it is combined. */
export const MAX_NODERANGE_WORK = 2_000_000;
/** Dynamic groups whose noderanges name one another. */
export const MAX_NODERANGE_DEPTH = 64;
/** Characters of a regular expression. */
export const MAX_PATTERN_LENGTH = 512;
/** Of an expression: characters of its text and of what it becomes, */
export const MAX_EXPRESSION_LENGTH = 16_384;
export const MAX_EXPRESSION_RESULT = 16_384;
/** values and operations in it, brackets within brackets, */
export const MAX_EXPRESSION_STEPS = 512;
export const MAX_EXPRESSION_DEPTH = 32;
/** names in it that no attribute has: to find the nearest one takes a while, */
export const MAX_EXPRESSION_UNKNOWN_NAMES = 8;
/** bits of a number it calculates with, and decimal digits of one it reads or shows, */
export const MAX_EXPRESSION_BITS = 16_384;
export const MAX_EXPRESSION_DIGITS = 4_300;
/** and characters of a format after the colon. */
export const MAX_FORMAT_SPEC_LENGTH = 8;
/** Expressions that refer to expressions that refer to expressions. */
export const MAX_REFERENCE_DEPTH = 32;
/** Expressions that are kept as they were read, and lists of groups with what they come to. */
export const MAX_EXPRESSIONS_KEPT = 4_096;
export const MAX_GROUP_LISTS_KEPT = 4_096;
/** Tries of a change that others overtake, and of numbers for new nodes that others take. */
export const MAX_CHANGE_TRIES = 8;
export const MAX_NUMBER_TRIES = 64;
/** What a write warns of. */
export const MAX_WARNINGS = 100;
/** Words that choose the attributes of an answer. */
export const MAX_ATTRIBUTE_WORDS = 256;
/** Changes that a dry run tells one by one. */
export const MAX_DRY_RUN_CHANGES = 1_000;
/** A long answer is made in slices of so many bytes and milliseconds, between which others are
 * served. */
export const SLICE_BYTES = 256 * 1024;
export const SLICE_MS = 10;
/** Attributes that are filtered by, of which is kept who has which value. */
export const MAX_FILTER_INDEXES = 8;
/** Operations one member may have under way; the duplicate window of each origin is as long. */
export const OPERATION_WINDOW = 1024;
/** An `Idempotency-Key` is remembered so long, */
export const KEY_KEPT_MS = 86_400_000;
/** and so many of them; a new one is refused then. */
export const MAX_KEYS = 1_000_000;
export const MAX_KEY_LENGTH = 255;
/** Old ones are forgotten by so many at a time. */
export const MAX_KEYS_SWEPT = 1_000;

// ---- the log
export const TAIL_KEPT_ENTRIES = 16_384;
export const TAIL_KEPT_BYTES = 8 * 1024 * 1024;
export const CHECKPOINT_AFTER_ENTRIES = 16_384;
export const CHECKPOINT_AFTER_BYTES = 8 * 1024 * 1024;
/** Rows of a checkpoint in a batch without entries; else so many, and one for each KiB of those. */
export const CHECKPOINT_ROWS = 32;
export const CHECKPOINT_ROWS_BESIDE = 16;
export const MAX_APPEND_BYTES = 1024 * 1024;
export const MAX_APPEND_ENTRIES = 1024;
export const MAX_APPENDS_IN_FLIGHT = 2;
/** Tombstones are collected once there are so many, and one in fifty cells; so often at most. */
export const COLLECT_AFTER_TOMBSTONES = 4_096;
export const COLLECT_EVERY_MS = 60_000;
/** A member that is away for longer takes all anew when it returns; and after a hundredth of it
 * where more than a tenth of all cells are tombstones. */
export const STALE_AFTER_MS = 14 * 86_400_000;
/** The verdict of an entry is on disk with the next batch, or after this. */
export const VERDICTS_KEPT_MS = 500;
/** A part of a delta, about. */
export const DELTA_CHUNK_BYTES = 128 * 1024;
/** A cut that nobody asks for is kept so long. */
export const DELTA_CUT_KEPT_MS = 10_000;
/** A sender of a delta that says nothing for so long is left for another. */
export const DELTA_SILENT_MS = 1_000;

// ---- the audit
/** Members sum up their states at every index that this divides, */
export const AUDIT_EVERY_ENTRIES = 1_024;
/** and this long after the last change. */
export const AUDIT_QUIET_MS = 600_000;
/** Roots of each member that are remembered; of its own newest ones a member has the sums too. */
export const AUDIT_ROOTS_KEPT = 16;
export const AUDIT_SUMS_KEPT = 4;
/** Different states without a majority are told of after this: a third may yet be heard. */
export const AUDIT_UNDECIDED_MS = 3_000;
/** Buckets that are looked into, once they differ, and cells that are named then. */
export const AUDIT_BUCKETS_EXAMINED = 16;
export const AUDIT_CELLS_NAMED = 16;
/** Of a bucket's cells one answer tells so many. */
export const AUDIT_CELLS_TOLD = 4_096;

// ---- the store
/** Deno KV takes 64 KiB a value; the rest is for its own framing. */
export const MAX_STORED_PART_BYTES = 60 * 1024;
/** Deno KV takes 800 KiB and 1,000 mutations an atomic. */
export const MAX_ATOMIC_BYTES = 760 * 1024;
export const MAX_ATOMIC_MUTATIONS = 900;
/** What a machine puts into one batch: room for keys, checksums and the store's own records. */
export const MAX_BATCH_BYTES = 640 * 1024;
export const MAX_BATCH_ROWS = 400;
/** What one batch may name in keys: room is left for their framing and for parts. */
export const MAX_BATCH_KEY_BYTES = 60 * 1024;
/** The one record that is part of every batch. */
export const MAX_META_BYTES = 16 * 1024;
/** What one batch may hold of the log: a whole entry, and verdicts beside it. */
export const MAX_SEGMENT_ENTRY_BYTES = 528 * 1024;
export const MAX_SEGMENT_VERDICT_BYTES = 64 * 1024;
/** A longer row is kept and copied in several pieces. */
export const MAX_ROW_PIECE_BYTES = 256 * 1024;
export const FLOOR_FILE_MS = 50;
export const COMMIT_HANG_MS = 2_000;
export const DISK_FULL_RETRY_MS = 1_000;

// ---- elections and quorum
export const HEARTBEAT_MS = 500;
/** After the roster or a link changed heartbeats come so often, for so long. */
export const HURRIED_HEARTBEAT_MS = 50;
export const HURRY_MS = 500;
export const ELECTION_MIN_MS = 1_500;
export const ELECTION_MAX_MS = 2_500;
export const LEADERLESS_MIN_MS = 20;
export const LEADERLESS_MAX_MS = 250;
/** A leader that stops waits so long for another to lead. */
export const HAND_OVER_MS = 1_000;
export const CHECK_QUORUM_MS = 2_000;
/** A timer this late means a busy event loop: hear what is queued before calling an election. */
export const BUSY_LOOP_MS = 250;
export const QUORUM_HELD_MS = 4_000;
export const LEASE_MS = 4_000;
export const LEASE_MARGIN_MS = 1_080;
export const SUSPECT_AFTER_MS = 2_000;
/** A leader asks for a promise again after this. */
export const PROMISE_ASK_MS = 300;
/** A clock of day that moves by this against the monotonic one was set, or time stood still here:
 * no lease from before counts. */
export const CLOCK_JUMP_MS = 500;
/** Nodes that are looked at in one go for whether they are where they should be. */
export const PLACEMENT_SLICE = 1_000;
/** What is under way at a node that is to go to another member is ended after this. */
export const LET_GO_MS = 1_000;
/** A member that stops waits so long for its nodes to be others', */
export const GIVE_AWAY_MS = 2_000;
/** and who drains one, for all of them. */
export const DRAIN_MS = 10_000;
/** For `collective show` all nodes are looked at so often at most, in slices of so many. */
export const NODES_LOOK_MS = 3_000;
export const NODES_LOOK_SLICE = 500;
/** Bytes of names that one placement entry moves; what is longer goes by a stage. */
export const PLACEMENT_ENTRY_BYTES = 400_000;
/** How often a member looks whether it should give nodes back (collective.failback), */
export const FAILBACK_LOOK_MS = 5_000;
/** and to nobody who has been there for less than this. */
export const FAILBACK_AFTER_MS = 20_000;
/** A changing request is begun only with this much of the lease left. */
export const CHANGE_LEASE_MS = 2_000;
/** A clock this far from the others' is warned of, and not followed. */
export const MAX_CLOCK_LEAD_MS = 10_000;

// ---- membership
export const INVITATION_DEFAULT_MS = 3_600_000;
export const INVITATION_MAX_MS = 7 * 86_400_000;
export const MAX_INVITATIONS = 256;
export const MAX_TOKEN_LENGTH = 4096;
export const ROSTER_CONFIRM_MS = 500;
export const PROMOTE_WITHIN_MS = 200;
export const PROMOTE_EXPLAIN_MS = 60_000;
/** A joiner waits so long for its admission (a write and a change of the roster), */
export const ADMISSION_MS = 14_000;
/** and so long for the data and its vote. */
export const JOIN_MS = 30 * 60_000;
/** A member that was just started may take so long to learn whether it still is one. */
export const STANDING_MS = 5_000;

// ---- the collective key
/** Who holds the keys sees to it this often that every member does, */
export const KEYS_LOOK_MS = 250;
/** and one that does not lead only after the leader left it undone for so long. */
export const KEYS_PATIENCE_MS = 3_000;
/** Whoever needs a key that is not here yet waits so long; a joiner, for its copy, */
export const KEY_WAIT_MS = 2_000;
export const KEY_HANDED_OVER_MS = 10_000;
/** and who ordered a rotation, until it is over. It goes on by itself. */
export const KEY_ROTATED_MS = 20_000;
/** Cells in an entry that reseals, and rows looked at before others get their turn. */
export const RESEAL_CELLS = 64;
export const RESEAL_SLICE = 256;
/** Secrets that are damaged keep a rotation waiting, and are looked at again after this. */
export const DAMAGED_AGAIN_MS = 30_000;
/** A file that holds a wrapping key has at least so many bytes, and at most so many. */
export const LEAST_WRAPPING_BYTES = 16;
export const MAX_WRAPPING_BYTES = 64 * 1024;

// ---- requests
/** A member that hears no leader for so long, though others do, gets on through them, */
export const DETOUR_AFTER_MS = 1_000;
/** and asks one of them so often for what is committed. */
export const PULL_MS = 50;
/** A write or a read under way is answered after this, whatever happens. */
export const REQUEST_MS = 4_500;
/** A request on its way is said again after this, in case it was lost; a write then ever later. */
export const RESEND_MS = 1_000;
/** Bytes of writes one member may have under way. Said again twice, they fit a link's backlog. */
export const MAX_OUTSTANDING_BYTES = 8 * 1024 * 1024;
export const INVITATION_SWEEP_MS = 10_000;
export const CATCH_UP_WAIT_MS = 1_000;
export const MIN_INDEX_WAIT_MS = 5_000;
export const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** A line of a body that is read line by line, in characters. */
export const MAX_LINE_BYTES = 1024 * 1024;
/** One entry of a dump, or its line, in characters; so deep may lists and objects in it go. */
export const MAX_DUMP_ENTRY_BYTES = 16 * 1024 * 1024;
export const MAX_DUMP_NESTING = 64;
/** Nodes of a group that one line of a dump names. */
export const DUMP_MEMBERS_PER_LINE = 1_000;
/** Faults of a dump that a refusal tells one by one. */
export const MAX_FAULTS_TOLD = 20;
export const MAX_READS_WAITING = 16_384;

// ---- links
export const MAX_FRAME_BYTES = 2 * 1024 * 1024;
/** Before a peer has proved who it is. */
export const MAX_HELLO_BYTES = 16 * 1024;
export const HANDSHAKE_MS = 5_000;
export const DIAL_MS = 3_000;
export const REDIAL_MIN_MS = 100;
export const REDIAL_MAX_MS = 2_000;
/** Whom a forced quorum left behind is looked for so often, to be told. */
export const LEFT_BEHIND_MS = 10_000;
export const MAX_UNPROVEN_LINKS = 256;
/** A closing link goes on so long to send what is queued. */
export const LINGER_MS = 1_000;
/** Bytes a link may hold for a peer that does not read; beyond it the link is closed. */
export const MAX_LINK_BACKLOG_BYTES = 32 * 1024 * 1024;

// ---- commands on nodes
/** A node may take so long for a command where the caller says nothing else, and at most. */
export const COMMAND_MS = 30_000;
export const MAX_COMMAND_MS = 600_000;
/** Whoever passed a command on waits so much longer for what is on its way. */
export const COMMAND_GRACE_MS = 1_000;
/** A node that nobody manages yet, or somebody else than was thought, is waited for so long. */
export const PLACEMENT_WAIT_MS = 2_000;
/** Commands one member may have under way, and nodes of all of them together. */
export const MAX_COMMANDS = 256;
export const MAX_COMMAND_NODES = 400_000;
/** A command is passed on in parts of so many nodes; a peer may have so many parts under way. */
export const COMMAND_PART_NODES = 1_000;
export const MAX_PEER_COMMANDS = 1_024;
/** Nodes that one member acts on at a time, of which commands on many leave some places to those
 * that are acting on few. */
export const MAX_NODES_AT_ONCE = 1_024;
export const MAX_NODES_AT_ONCE_OF_ONE = 768;
export const FEW_NODES_AT_ONCE = 32;
/** Results are gathered for so long, or until there are so many bytes of them. */
export const COMMAND_BATCH_MS = 5;
export const COMMAND_BATCH_BYTES = 32 * 1024;
/** What one node answers, as JSON; an error is cut to so many characters. */
export const MAX_NODE_VALUES_BYTES = 64 * 1024;
export const MAX_NODE_ERROR_LENGTH = 1_024;
/** Results that wait for a client to take them; one that takes none is let go. */
export const MAX_RESULTS_WAITING_BYTES = 64 * 1024 * 1024;
/** Certificates of controllers that one entry pins. */
export const MAX_PINS_AT_ONCE = 256;

// ---- controllers of nodes
/** Connections to controllers one member holds, and those to one controller among them. */
export const MAX_BMC_CONNECTIONS = 4_096;
export const MAX_BMC_CONNECTIONS_EACH = 2;
/** First contacts under way at a time, and questions on kept connections. One that takes longer
 * than that counts no more, so that those that hang hold nobody up. */
export const MAX_BMC_CONTACTS = 24;
export const BMC_BRISK_CONTACT_MS = 250;
export const MAX_BMC_QUESTIONS = 32;
export const BMC_BRISK_QUESTION_MS = 50;
/** The same of those that did not answer the last time. */
export const MAX_BMC_VAIN_CONTACTS = 16;
export const BMC_BRISK_VAIN_MS = 50;
/** A connection is made within this, TLS and all, or not. */
export const BMC_DIAL_MS = 8_000;
/** One answer: its head, and its body. */
export const MAX_BMC_HEAD_BYTES = 32 * 1024;
export const MAX_BMC_BODY_BYTES = 2 * 1024 * 1024;
/** Controllers that are remembered, with the session at each. */
export const MAX_BMCS_KNOWN = 16_384;
/** One that nobody asks for so long is logged out of and forgotten; it is looked for so often. */
export const BMC_IDLE_MS = 180_000;
export const BMC_SWEEP_MS = 15_000;
/** Logging out takes so long at most. */
export const BMC_LOGOUT_MS = 1_000;
/** Systems of one controller that are looked at for the one that is a machine. */
export const MAX_BMC_SYSTEMS = 8;
/** A machine may take so long to be seen on or off; it is looked at first after this, then ever
 * later, up to so long. */
export const POWER_WAIT_MS = 300_000;
export const POWER_LOOK_MIN_MS = 100;
export const POWER_LOOK_MAX_MS = 2_000;
/** So long before the deadline whoever waits is told what was seen. */
export const POWER_TELL_MS = 1_000;
/** Bad parts of a machine that its health names. */
export const MAX_BAD_PARTS = 64;
/** Nodes whose controllers `confluent sim` plays, all in one process. */
export const MAX_SIMULATED_NODES = 10_000;

// ---- ipmitool
/** Children of it one member runs at a time, and those of controllers that did not answer. */
export const MAX_IPMI_CHILDREN = 128;
export const MAX_IPMI_CHILDREN_IN_VAIN = 64;
/** So many of those while others wait. */
export const MAX_IPMI_CHILDREN_IN_VAIN_BESIDE = 16;
/** Commands that wait for one controller, which does one at a time. */
export const MAX_IPMI_COMMANDS_WAITING = 16;
/** What a child may say on stdout, and on stderr. */
export const MAX_IPMI_OUTPUT_BYTES = 256 * 1024;
/** IPMI 2.0 has room for so many bytes of a user's name, and of a password or key. */
export const MAX_IPMI_USER_BYTES = 16;
export const MAX_IPMI_PASSWORD_BYTES = 20;
/** Controllers of which is remembered how they are spoken to best. */
export const MAX_IPMI_KNOWN = 16_384;
/** What changes nothing is asked again when it is not answered in this time. */
export const IPMI_READ_MS = 6_000;
/** Bad sensors of one node that are told of. */
export const MAX_SENSORS_TOLD = 128;
/** How its power is, is asked again after this, until it is as wanted. */
export const IPMI_POWER_POLL_MS = 1_000;

// ---- explaining nodes
/** Operations at one node that its manager remembers, and nodes of which it remembers any. */
export const MAX_RECENT_OPERATIONS = 8;
export const MAX_RECENT_NODES = 16_384;
/** Of what came of one: values as JSON, or an error, in characters. */
export const MAX_RECENT_OUTCOME_LENGTH = 512;
/** Whoever explains a node waits so long for its manager; so many may wait at a member. */
export const EXPLAIN_WAIT_MS = 1_000;
export const MAX_EXPLAINS = 256;

// ---- watching
export const MAX_WATCHERS = 64;
export const WATCH_BOOKMARK_MS = 5_000;
/** One event, and what is handed to a connection at once. */
export const WATCH_PART_BYTES = 64 * 1024;
/** Whoever is so many entries behind what came since it began gets last values only. */
export const MAX_WATCH_BEHIND = 4_096;
/** Changed rows that are put in the order of their stamps; beyond it all is told anew. */
export const MAX_WATCH_GAP_ROWS = 131_072;
/** Entries or rows looked at before others get their turn. */
export const WATCH_SLICE = 256;

// ---- what is seen of nodes
/** Nodes of which something is remembered, and bytes of what is remembered of one thing. */
export const MAX_OBSERVED_NODES = 262_144;
export const MAX_OBSERVED_VALUE_BYTES = 512;
/** What was seen is told to the others after this, in frames of about so many bytes. */
export const OBSERVED_NEWS_MS = 100;
export const OBSERVED_FRAME_BYTES = 128 * 1024;
/** A peer that does not answer one of them for so long is told, or asked, again. */
export const OBSERVED_SILENT_MS = 10_000;
/** Every so often one peer is asked for what it knows better, */
export const OBSERVED_COMPARE_MS = 10_000;
/** and so many nodes are looked at that may be gone. */
export const OBSERVED_SWEPT_NODES = 16_384;

// ---- boot files
/** Characters of a path below `public/`; Linux has 4,096 bytes for a whole path. */
export const MAX_CONTENT_PATH_LENGTH = 4_096;
/** Files that threads of the pool open or read at a time; it has 32, and a disk that hangs must not
 * get them all. */
export const MAX_CONTENT_CALLS = 8;
/** What is read by one call where the page cache has it. */
export const MAX_READ_AT_ONCE_BYTES = 64 * 1024;
/** Where its trees really lie is looked up so often. */
export const CONTENT_TREES_KEPT_MS = 1_000;

// ---- boot files by HTTP
/** A request's head, the target in it in characters, and its fields. */
export const MAX_FILE_REQUEST_BYTES = 8 * 1024;
export const MAX_FILE_REQUEST_TARGET = 2_048;
export const MAX_FILE_REQUEST_FIELDS = 64;
/** Connections in all, and of one client among them. */
export const MAX_BOOT_HTTP_CONNECTIONS = 1_024;
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
/** Datagrams that pass the kernel together. */
export const MAX_SEGMENTS = 64;
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

// ---- check
/** Less room on the disk of the data folder is told of. */
export const LEAST_DISK_ROOM_BYTES = 256 * 1024 * 1024;

// ---- the command line
/** How long a command waits for an answer; a join, which shows its progress, waits on. */
export const CLI_ANSWER_MS = 30_000;
/** A noderange that a command makes of names is no longer: a request's path has a bound. */
export const COMMAND_NAMES_LENGTH = 16 * 1024;
/** `watch` takes a service that said nothing for so long for gone. */
export const WATCH_SILENCE_MS = 15_000;
/** It then asks again after this, doubling, */
export const WATCH_AGAIN_MIN_MS = 200;
/** and never later than this. */
export const WATCH_AGAIN_MAX_MS = 5_000;

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
/** With so many transfers the blocks of a round are sent together; with fewer, each as soon as it
 * is there, so that the client writes the first while the last is on its way. */
export const TFTP_CROWD = 8;
/** Packets that are read before others in the process get their turn. */
export const TFTP_TURN_PACKETS = 64;
/** An answer that is due at once is looked for so long, without a pause, */
export const TFTP_LOOK_MS = 0.06;
/** then slept for so long, where others in the process have their turn again after this. */
export const TFTP_SLEEP_MS = 0.3;
export const TFTP_LINGER_MS = 0.6;
/** A look that takes so long was interrupted by others: the processor is theirs for so long. */
export const TFTP_OUSTED_MS = 0.5;
export const TFTP_CONTENDED_MS = 50;
/** What was in vain is left out the next times, so often at most; doubling. */
export const TFTP_RESTS_MOST = 64;
/** What is unanswered is looked for so often. */
export const TFTP_SWEEP_MS = 100;
/** A transfer whose file cannot be read in this time ends. */
export const TFTP_READ_MS = 30_000;
