/*
 * Every ceiling in the program: one line each, with its unit (last word of the name) and its reason.
 * docs/limits.md is generated from this file (tests/tidy checks that it is fresh).
 */
#ifndef BASE_LIMIT_H
#define BASE_LIMIT_H

/* A limit is one line. clang-format would break some. */
/* clang-format off */

/* Wire and log (docs/protocol.md) */
#define LIMIT_FRAME_BYTES           524288   /* one peer frame; ZMQ_MAXMSGSIZE: nothing larger reaches our memory */
#define LIMIT_DATA_BYTES            262144   /* one DATA frame: keeps an alert from waiting behind a long write */
#define LIMIT_HEADER_BYTES          4096     /* one record header: a leaf; a larger one freezes the log */
#define LIMIT_BODY_BYTES            196608   /* one inline body: two fit a frame with room for headers */
#define LIMIT_BATCH_COUNT           1024     /* records under one checkpoint: gain of signing flattens there */
#define LIMIT_BATCH_BYTES           229376   /* headers and bodies of one batch: a batch fits one DATA frame */
#define LIMIT_PROOF_COUNT           63       /* hashes in one RFC 6962 proof: tree sizes are below 2^63 */
#define LIMIT_NOTE_LINES_COUNT      64       /* signature lines of a note: C2SP asks for at least 16 */
#define LIMIT_COSIG_COUNT           32       /* cosignature lines kept for one checkpoint: one a member */
#define LIMIT_HEADS_COUNT           64       /* heads in one HEADS frame: all open logs of a lane in one */
#define LIMIT_REF_COUNT             32       /* references of one record: larger sets go in the body */
#define LIMIT_ROSTER_BYTES          262144   /* one roster note: 64 members with contacts take 60 KiB */
#define LIMIT_PROOF_BYTES           16777216 /* one proof bundle: a record and 45 rosters of the largest size, in base64 */
#define LIMIT_MEMBER_COUNT          64       /* members of a roster: sessions and cosignatures are sized for it */
#define LIMIT_KEY_COUNT             4        /* keys of one kind a member lists at once: rotation needs two */
#define LIMIT_RECOVERY_COUNT        512      /* logs whose end a roster names: those of a removed member, and recoveries; they take 120 KiB */
#define LIMIT_NAME_BYTES            64       /* a node, audience or type name */
#define LIMIT_LOG_OPEN_COUNT        64       /* live logs a node follows */
#define LIMIT_LOG_ORIGIN_COUNT      12       /* live logs of one origin: no member may use up the places of all */
#define LIMIT_LOG_CLOSED_COUNT      4096     /* closed logs a node keeps */
#define LIMIT_LOG_CLOSED_ORIGIN_COUNT 512   /* closed logs of one origin: no member may use up the places of all */
#define LIMIT_LOG_LEAVES_COUNT      16777216 /* leaves after which a log rolls over */
#define LIMIT_PREDATE_SECONDS       60       /* heartbeat ahead of the local clock that is still believed */

/* Sessions */
#define LIMIT_CREDIT_ALERT_BYTES    262144   /* alert credit of a session, outside the pool */
#define LIMIT_CREDIT_BULK_BYTES     262144   /* bulk credit a session starts with */
#define LIMIT_CREDIT_BULK_MAX_BYTES 8388608  /* bulk credit a session may grow to */
#define LIMIT_CREDIT_POOL_BYTES     25165824 /* bulk credit of all sessions together */
#define LIMIT_REFUSED_COUNT         64       /* frames of one member refused in a second; of others in that second nothing is verified */
#define LIMIT_COSIGN_COUNT          256      /* COSIGN frames of one session looked at in a second: each costs a signature, and no credit */
#define LIMIT_HELLO_COUNT           4        /* greetings on one connection in a second: an honest dialler sends one */
#define LIMIT_SESSION_IDLE_SECONDS  45       /* no frame for so long ends a session: heads come every 30 s */
#define LIMIT_LINK_MEMBER_COUNT     8        /* connections of one member: two lanes, two directions, and a restart */
#define LIMIT_LINK_COUNT            256      /* connections of the gate: two lanes, two directions, 64 members */
#define LIMIT_LINK_PEER_COUNT       8        /* connections that one peer may have opened to us: two lanes, and redials */

/* Gate */
#define LIMIT_GATE_HWM_COUNT        2304     /* frames in one libzmq pipe: the largest credit at 4 KiB a frame, and 256 uncounted */
#define LIMIT_GATE_HWM_ALERT_COUNT  320      /* the same for an alert connection: 64 and 256 uncounted */
#define LIMIT_GATE_ALERT_BYTES      1048576  /* of one alert link, on its way through the gate: credit, one frame, what is uncounted */
#define LIMIT_GATE_BULK_BYTES       9437184  /* of one bulk link: credit, one frame, what is uncounted */
#define LIMIT_GATE_CORE_ALERT_BYTES 33554432 /* of all alert links, towards core: credit of 64 members, twice */
#define LIMIT_GATE_CORE_BULK_BYTES  50331648 /* of all bulk links, towards core: the credit pool, twice */
#define LIMIT_GATE_CONTROL_BYTES    1048576  /* kept free beyond these for UP and DOWN */
#define LIMIT_GATE_UNREAD_BYTES     16777216 /* received of one member and not yet a whole message: twice the bulk credit */
#define LIMIT_GATE_UNPROVEN_COUNT   512      /* accepted connections without a frame: all members coming back at once take 256 */
#define LIMIT_GATE_UNPROVEN_ADDRESS_COUNT 64 /* of them from one address: some members behind one translator */
#define LIMIT_GATE_FD_COUNT         4096     /* descriptors of the gate: links, dials and what is unproven take 1,500 */
#define LIMIT_GATE_SILENT_SECONDS   20       /* a connection without a frame: a dialler speaks first, at once */

/* Decoding */
#define LIMIT_ARENA_BODY_BYTES      2097152  /* one unpacked body: ten times the body itself */
#define LIMIT_ARENA_FRAME_BYTES     4194304  /* one unpacked frame with up to 1,024 headers and bodies */
#define LIMIT_PB_DEPTH_COUNT        8        /* nesting of a protobuf message from outside */
#define LIMIT_PB_FIELD_COUNT        65536    /* fields of a protobuf message from outside, all levels */

/* Text from outside */
#define LIMIT_INPUT_BYTES           67108864 /* one input file that is a document: it is held whole */
#define LIMIT_STREAM_BYTES          4294967295 /* one input file of records one after the other: places are 32 bits */
#define LIMIT_LINE_BYTES            65536    /* one line of a text format without a limit of its own */
#define LIMIT_KVN_LINE_BYTES        254      /* one KVN line (CCSDS 502.0-B-3 section 7.3.3) */
#define LIMIT_VALUE_BYTES           8192     /* one value of a text format */
#define LIMIT_TAG_BYTES             16384    /* one tag of XML: libxml2 compares attributes pairwise before it tells of them */
#define LIMIT_COLUMN_COUNT          1024     /* columns of one CSV row: the widest served has 40 */
#define LIMIT_TEXT_BYTES            1024     /* one text field of a record: names and contacts, no prose */
#define LIMIT_ALERT_TEXT_BYTES      16384    /* one text of a public alert: descriptions are prose, polygons have hundreds of points */
#define LIMIT_JSON_DEPTH_COUNT      32       /* nesting of JSON from outside */
#define LIMIT_XML_DEPTH_COUNT       32       /* nesting of XML from outside */
#define LIMIT_DIGITS_COUNT          64       /* characters of one decimal number */
#define LIMIT_OUTPUT_BYTES          536870912 /* what a word prints in one piece */
#define LIMIT_CONVERTED_BYTES       34359738360 /* one converted file: the widest format takes eight times the narrowest */
#define LIMIT_PUBLISHED_BYTES       21474836480 /* records of one file as they wait to be sent: their text and their fields, five times the largest file */
#define LIMIT_TRACK_COUNT           1000000   /* times of one ground track: almost two years of minutes */
#define LIMIT_BORDERS_BYTES         16777216  /* one file of borders: the finest of world-atlas has 3.7 MB */
#define LIMIT_BORDERS_STATE_COUNT   4096      /* States of a file of borders: Natural Earth has 241 to 255 */
#define LIMIT_BORDERS_VERTEX_COUNT  4194304   /* places of a file of borders, of each side of an edge: the finest of world-atlas makes 0.55 million */
#define LIMIT_CORRIDOR_COUNT        86400     /* places of a re-entry corridor: a day of seconds; a longer window is looked at less often */
#define LIMIT_ZONE_COUNT            4096      /* safety zones compared pairwise by one call: 8 million pairs */
#define LIMIT_AREA_CORNER_COUNT     4096     /* corners of all outlines of one record: alerts have hundreds; the rest is taken by the boxes around them */
#define LIMIT_AREA_WORK_COUNT       262144   /* comparisons of two edges for one record and one region: some 2 ms */
#define LIMIT_REGION_BYTES          16384    /* one region, in words: 512 corners of 30 characters */
#define LIMIT_WHERE_BYTES           2048     /* one expression over records: a screen of text */
#define LIMIT_WHERE_COUNT           64       /* comparisons of an expression: each is looked at for each record */
#define LIMIT_WHERE_VALUE_COUNT     256      /* values of an expression, all lists together */
#define LIMIT_WHERE_DEPTH_COUNT     16       /* parentheses and `not` within each other */
#define LIMIT_WHERE_PATH_COUNT      16       /* members of one path into a body */
#define LIMIT_CONF_BYTES            262144   /* one configuration file */
#define LIMIT_YAML_DEPTH_COUNT      8        /* nesting of YAML from outside: a roster takes 6 */
#define LIMIT_YAML_CHILD_COUNT      1024     /* entries of one YAML list or group: keys are compared pairwise */
#define LIMIT_PACKED_RATIO          100      /* times its size that a gzip or ZIP file may unpack to, beyond the first MiB */
#define LIMIT_PACKED_COUNT          1000     /* entries of a ZIP file */
#define LIMIT_WARNING_COUNT         256      /* tolerances reported for one input; the rest are counted */

/* Local programs */
#define LIMIT_API_BYTES             1048576  /* one message on the api socket */
#define LIMIT_SIGN_BYTES            1048576  /* one message between core and sign: 1,024 leaf hashes, or a list of all own logs */
#define LIMIT_SIGN_GROUP_COUNT      64       /* requests that the signer makes durable in one commit */
#define LIMIT_SEAL_KEY_COUNT        64       /* keys of sealed logs that the seal role keeps open, in guarded memory */
#define LIMIT_WRAP_KEY_COUNT        4        /* wrap keys that a node holds: the present one, and old ones that open what was sealed before */
#define LIMIT_READER_COUNT          64       /* readers, or carriers, of an audience: all members */
#define LIMIT_LOG_KEYS_COUNT        64       /* earlier logs whose keys one change of an audience hands on */
#define LIMIT_API_CLIENT_COUNT      64       /* connections on the api socket */
#define LIMIT_API_FLIGHT_COUNT      64       /* publish requests of one connection that wait for the log */
#define LIMIT_API_WAIT_MS           30000    /* a tail without anything new is answered after that */
#define LIMIT_API_PAGE_COUNT        1000     /* rows of one answer */
#define LIMIT_API_PAGE_BYTES        524288   /* bytes of one answer: the core is never held longer than that */
#define LIMIT_PUBLISH_QUEUE_BYTES   16777216 /* local records that wait for the log */
#define LIMIT_LOG_LINE_BYTES        2048     /* one line of the event log */

/* Plugins (docs/writing-a-plugin.md) */
#define LIMIT_PLUGIN_COUNT          16       /* plugins of a node: each takes one of the connections on the api socket */
#define LIMIT_PLUGIN_REPORT_BYTES   65536    /* what the plug role says of all of them: 16 with texts of 1 KiB */
#define LIMIT_PLUGIN_LINE_BYTES     8388608  /* one record as a JSON line: a body of 192 KiB whose every byte is escaped takes 1.2 MiB */
#define LIMIT_PLUGIN_ANSWER_BYTES   256      /* one line that a plugin answers: `ack` and a number */
#define LIMIT_PLUGIN_WINDOW_COUNT   4096     /* records that a plugin may hold unacknowledged */
#define LIMIT_PLUGIN_NONSENSE_COUNT 16       /* answers of one run that are no acknowledgement: then it is started again */
#define LIMIT_PLUGIN_SAID_BYTES     512      /* one line of its standard error in the event log */
#define LIMIT_PLUGIN_SAID_COUNT     10       /* lines of its standard error in one second that are logged; the rest are counted */
#define LIMIT_PLUGIN_ANSWERS_BYTES  1048576  /* read of its answers in one second, 80,000 acknowledgements: beyond it, it waits */
#define LIMIT_PLUGIN_READ_BYTES     65536    /* read of its standard error in one second: beyond it, it waits */
#define LIMIT_PLUGIN_FILE_BYTES     1073741824 /* one file that a plugin writes */
#define LIMIT_PLUGIN_WORDS_COUNT    32       /* words of a command, or of one list of a filter */
#define LIMIT_PLUGIN_PUBLISH_BYTES  1048576  /* one line by which a plugin publishes: read and checked in some 10 ms, while the other plugins wait */
#define LIMIT_PLUGIN_PUBLISH_COUNT  60000    /* records that a plugin may be allowed to publish in a minute: a catalogue of 30,000 objects in half a minute */
#define LIMIT_PLUGIN_NICE           15       /* of the plug role and all plugins: a thirtieth of the weight of a role of the node where the processor is short */
#define LIMIT_API_PATIENT_SHARE     20       /* of core's time one part for all readers that can wait (plugins), a page of 0.5 to 2 ms at a time, while there is other work: 5 % */
#define LIMIT_API_PATIENT_IDLE      2        /* the same while there is none: half */
#define LIMIT_API_PATIENT_REST_MS   1000     /* and never longer, whatever held a page up */
#define LIMIT_API_PATIENT_BUSY_MS   50       /* a frame of a peer, or a request of another reader, within so long is other work */
#define LIMIT_PLUGIN_TREE_BYTES     67108864 /* one record as a shipped plugin looks at it: 600,000 values */

/* Feed (docs/feed.md) */
#define LIMIT_FEED_SUBSCRIBER_COUNT 64       /* connections of one endpoint of the feed; more are ended at once */
#define LIMIT_FEED_SUBSCRIBED_COUNT 64       /* subscriptions that one connection may send in its life: libzmq keeps a node a byte, and walks all of them when a connection ends */
#define LIMIT_FEED_TOPIC_BYTES      160      /* one topic: mode, type and origin; the largest frame taken from a subscriber is one more */
#define LIMIT_FEED_TOPIC_COUNT      4096     /* topics whose newest record is remembered: 4 modes of 20 types of 50 origins */
#define LIMIT_FEED_BEAT_COUNT       1024     /* topics named in one heartbeat: 64 KiB */
#define LIMIT_FEED_HWM_COUNT        8192     /* messages that wait for one subscriber: eight pages of the api socket */
#define LIMIT_FEED_FLIGHT_COUNT     2048     /* messages on their way beyond which the feed waits 2 ms a page, so that bursts fit the queues */
#define LIMIT_FEED_RECORD_BYTES     32768    /* one record with its body: a larger one is sent without */
#define LIMIT_FEED_WAITING_BYTES    67108864 /* held for subscribers of one endpoint: beyond it, those who do not read are ended */
#define LIMIT_FEED_UNREAD_BYTES     65536    /* received of one loopback connection in 100 ms: subscriptions of its life take 11 KiB */
#define LIMIT_FEED_MEMORY_BYTES     536870912 /* of the role, by the kernel (RLIMIT_DATA): two endpoints at their limits, and stacks */
#define LIMIT_FEED_REPORT_BYTES     4096     /* what the feed role says of two endpoints */

/* Alert rules (docs/alerts.md) */
#define LIMIT_RULE_COUNT            64       /* rules of a node: the supplied ones are 17 */
#define LIMIT_WATCH_ALERT_COUNT     262144   /* alerts of this node that are remembered as open, 8 to 32 bytes each: past it the one before is asked for with each record */
#define LIMIT_WATCH_OPEN_COUNT      4096     /* subjects that are looked at again each minute, because time alone may change their alerts */

#define LIMIT_TERRITORY_COUNT       32       /* territories of a node: a State and those that it cares for */
#define LIMIT_TERRITORY_VERTEX_COUNT 256     /* places of a polygon of one's own */
#define LIMIT_WATCH_TRACK_COUNT     256      /* tracks of re-entries over territories that the watch remembers: of each open re-entry one an origin */
#define LIMIT_WATCH_CLAIM_COUNT     1024     /* records whose claims of a place are compared with each new one, of all modes */
#define LIMIT_WATCH_PARTNER_COUNT   16       /* alerts of pairs that one record may raise: it would be a square otherwise */

/* Events (docs/event-picture.md) */
#define LIMIT_EVENT_SCOPE_BYTES     127      /* what an event is about: two objects of 63 and a sign */
#define LIMIT_EVENT_ID_BYTES        160      /* an event's id: kind, scope and minute */
#define LIMIT_EVENT_VOICE_BYTES     39       /* whose word a record passes on */
#define LIMIT_EVENT_LIST_COUNT      10000    /* events that a list shows: nobody reads more */
#define LIMIT_EVENT_HISTORY_COUNT   2000     /* records of one event that are shown: a CDM an hour for twelve weeks */
#define LIMIT_EVENT_WORDS_COUNT     64       /* standing words of one event in an answer: one a member of the federation */
#define LIMIT_EVENT_ALIAS_COUNT     16       /* words for one object in scopes of events that are joined: one has 2 to 5 identifiers */
#define LIMIT_EVENT_SCOPES_COUNT    256      /* of a pair: each word for the one with each for the other */
#define LIMIT_EVENT_PARTS_COUNT     256      /* that the store keeps of one event under different identifiers: more are not joined */
#define LIMIT_EVENT_READS_COUNT     2048     /* look-ups of identifiers for one page of events: some 20 ms */
#define LIMIT_EVENT_CONJUNCTION_SECONDS 600  /* of one pair: TCA moves by seconds, and the next half revolution is 44 min away at least */
#define LIMIT_EVENT_FRAGMENTATION_HOURS 168  /* of one object: the time of a break-up is found within days, the next is months away */
#define LIMIT_EVENT_RADIO_HOURS     3        /* of NOAA R: a flare and its blackout take up to three hours */
#define LIMIT_EVENT_STORM_HOURS     24       /* of NOAA S and G: a storm that pauses for less than a day is one; forecasts count in days */
#define LIMIT_EVENT_DISTRESS_HOURS  720      /* of one spacecraft: a month without a word, and it is another matter */
#define LIMIT_EVENT_ANOMALY_HOURS   720      /* the same of its anomalies */
/* Objects (docs/objects.md) */
#define LIMIT_OBJECT_ALIAS_COUNT    64       /* identifiers of one object that are looked at; one has 2 to 5, a person may merge several */
#define LIMIT_OBJECT_ORIGIN_COUNT   64       /* origins that are heard on one object: all members */
#define LIMIT_OBJECT_CLAIM_COUNT    8        /* identifiers of one kind that one origin puts beside another: more say nothing but that it contradicts itself */
#define LIMIT_OBJECT_LOOK_COUNT     256      /* identifiers looked at for one page of objects */

/* Store */
#define LIMIT_TXN_COUNT             8192     /* records in one transaction of a replica */
#define LIMIT_SEGMENT_COUNT         65536    /* delivery numbers of one history segment */
#define LIMIT_STORE_CACHE_KIB       16384    /* SQLite page cache: all roles share the memory budget */
#define LIMIT_STORE_SUBJECTS_COUNT  131072   /* subjects whose rows the writer remembers, 32 bytes each: four catalogues of 30,000 */
#define LIMIT_STORE_NEWEST_COUNT    131072   /* subjects whose newest record the writer keeps in memory, 33 bytes each */

/* clang-format on */

#endif
