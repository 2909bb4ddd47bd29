#ifndef SIMULATION_WORLD_INTERNAL_H
#define SIMULATION_WORLD_INTERNAL_H

#include "disk.h"
#include "queue.h"
#include "signer.h"
#include "world.h"

#define LIAR         0 /* who lies, when somebody does */
#define PAIRS_MAX    4096
#define ACKED_MAX    65536
#define WAITING_MAX  256
#define LOG_ROWS_MAX 512
#define TRUTH_MAX    1024
#define NUMBERS_MAX  65536
#define VERSIONS_MAX 5
#define WRAPS_MAX    4 /* wrap keys of a node, the newest last */
#define HINTS_MAX    8 /* of a log: keys that its key is wrapped for, as its origin said */
#define EMBARGO_S    8

/* A connection; side 0 dialled. */
struct pair {
    bool open;
    unsigned node[2], lane;
    uint32_t link[2];
    int64_t last_ms[2]; /* delivery of the newest frame towards that side */
};

/* Of the roster, as its steward signed it. */
struct version {
    struct roster *roster;
    struct buf note;
};

struct sim {
    struct node *node; /* NULL while down */
    struct store *store;
    struct model_signer signer;
    uint64_t life, boots;
    uint32_t next_link;
    bool want[WORLD_NODES_MAX][3];
    bool commit_due, whole; /* whole: the next start is of the node, not of its role */
    struct disk *disk;
    bool broken; /* its disk failed in this step */
    struct disk_image *backup;
    struct model_signer backup_signer; /* what the signer knew then; of a liar */
    bool marked;    /* the store that came back says that it is a copy: until the next start */
    size_t ended_n; /* logs that the signer knew then: they are never continued */
    uint64_t ended[MODEL_LOGS_MAX];
    size_t backup_acked;                 /* acknowledged in the whole world when it was made */
    struct sealer *sealer, *sealer_next; /* sealer_next: from the next start on; NULL: the same */
    uint8_t wrap[WRAPS_MAX][32];
    unsigned wraps;
    bool audience;                 /* it was told that its audience is there */
    bool passed;                   /* its boot guard, since the node was started */
    bool absent;                   /* not a member yet */
    unsigned held, adopted;        /* version of the roster that it runs with; that is in its folder */
    const struct version *version; /* of the world, the first first; NULL: no roster is a signed note */
    int64_t ahead_ms, ahead_start; /* its wall clock, of the right time: now, and when it was started */
    bool ticked;                   /* since its clock was moved */
};

/* A publication that waits for its answer. */
struct waiting {
    uint64_t token; /* 0 = free */
    unsigned node;
    uint8_t key[16];
    uint32_t number; /* catalogue number: makes the body unique */
    int64_t since_ms;
};

struct acked {
    unsigned node;
    uint8_t log[LOG_ID_BYTES];
    uint64_t index;
    uint32_t number;
    bool
        excused; /* acknowledged after the backup that its node was restored from: peers may have it, or not */
};

/* Who may hold a log of a named audience, as its origin said. */
struct truth {
    uint8_t log[LOG_ID_BYTES];
    unsigned origin;
    uint64_t readers, carriers;
    unsigned hints;
    struct {
        unsigned reader;
        uint8_t key[32];
    } hint[HINTS_MAX];
};

/* What a store says of its logs. */
struct rows {
    struct store_log v[LOG_ROWS_MAX];
    size_t n;
};

struct world {
    struct world_conf conf;
    uint64_t rng;
    int64_t now;
    struct queue queue;
    struct sim sim[WORLD_NODES_MAX];
    struct roster *roster; /* of all who ever are members, as it is when all know the newest version */
    struct version version[VERSIONS_MAX];
    unsigned version_n; /* 0: nothing changes, and nothing is signed */
    struct secret *steward;
    struct pair *pair;
    size_t pair_n;
    int64_t cut_until[WORLD_NODES_MAX][WORLD_NODES_MAX];
    int64_t
        deaf_until[WORLD_NODES_MAX]
                  [WORLD_NODES_MAX]; /* what the first sends the second does not arrive, and nobody is told */
    struct waiting waiting[WAITING_MAX];
    struct acked *acked;
    size_t acked_n, apart_n; /* apart_n: known to be of different places */
    struct span *body;       /* of each number, once it was made; owned */
    int64_t *born;           /* of each number: when its publication began */
    uint64_t token;
    uint32_t number;
    struct world_figures figures;
    struct buf spoilt; /* the frame that was spoilt last */
    bool lies;         /* conf.faults end before the run does */
    char wrong[256], leak[256];
    struct truth truth[TRUTH_MAX];
    size_t truth_n;
    struct rows rows; /* until the next view_rows() */
};

uint64_t world_random(struct world *w);
uint64_t world_below(struct world *w, uint64_t n);
bool world_chance(struct world *w, unsigned per_10000);
void world_event(struct world *w, unsigned i, struct event *e);

/* net.c */
void net_send(struct world *w, unsigned from, uint32_t link, struct span bytes);
void net_close(struct world *w, size_t pair, bool tell_both);
void net_close_link(struct world *w, unsigned node, uint32_t link);
void net_dial(struct world *w, unsigned node, unsigned peer, unsigned lane, int64_t delay_ms);
void net_try_dial(struct world *w, const struct thing *t);
void net_undial(struct world *w, unsigned node, unsigned peer, unsigned lane);
void net_cut(struct world *w, unsigned a, unsigned b, int64_t ms);
void net_node_gone(struct world *w, unsigned node);

/* faults.c */
void faults_crash(struct world *w, unsigned i, bool power);
void faults_again(struct world *w, unsigned i); /* its role ends, as when its roster changed, and starts */
void faults_mark(struct world *w,
                 unsigned i);       /* the node starts: its store may have to say that it is a copy */
void faults_cause(struct world *w); /* some of them, now and then */

/* body.c: one orbit record about object ${number}, packed; its name begins with SECRET when it is for a named audience. Made once, kept with the world. */
struct span body_of(struct world *w, uint32_t number);

/* keep.c */
/* The store may fail only when its disk did: the process ends at the end of the step. */
bool keep_holds_up(struct sim *s, int rc);
void keep_batch(struct sim *s, const struct action_batch *b);

/* view.c */
struct node_view view_of(struct sim *s);
int view_rows(struct store *s, struct rows *out); /* as store_logs() */

/* secrets.c */
void secrets_start(void); /* before secret_start(): keys and wrapped keys come from the seed, too */
void secrets_seed(uint64_t seed);
bool secrets_wrapped(struct world *w); /* in the end: no open log is wrapped for a key that was dropped */
int secrets_keys(void *cookie, uint8_t (*out)[32], size_t max);
int secrets_items(void *cookie, struct sealer_item *items, size_t n, struct buf *out);
int secrets_wrap(void *cookie, struct span wrapped, const uint8_t (*to)[32], size_t n,
                 uint8_t (*out)[SEAL_WRAPPED_BYTES], struct why *why);
bool secrets_is(const struct world *w, uint32_t number);
void secrets_stored(struct world *w, unsigned i, const uint8_t *log, const struct store_batch *b);
void secrets_sent(struct world *w, unsigned from, unsigned to, struct span bytes);
void secrets_change(struct world *w, unsigned i);
void secrets_answered(struct world *w, unsigned i, const struct action *a);
const char *secrets_wrong(struct world *w);

/* answers.c */
void answers_ask(struct world *w, unsigned i, const struct action *a);
void answers_take(struct world *w, unsigned i, const uint8_t *bytes);

/* clocks.c */
int64_t clocks_right(const struct world *w); /* POSIX milliseconds */
int64_t clocks_wall(const struct world *w, unsigned i);
void clocks_cause(struct world *w);
void clocks_heal(struct world *w);
void clocks_signs(struct world *w, unsigned i, const struct action *a);
void clocks_opens(struct world *w, unsigned i, const struct store_reveal *record); /* an embargo */

/* members.c */
void members_make(struct world *w);
void members_free(struct world *w);
const struct roster *members_of(const struct world *w, unsigned i); /* the roster that node ${i} runs with */
bool members_current(const struct world *w, unsigned i);            /* not removed */
/* Was the member of that name removed from the newest roster? */
bool members_are_removed(const struct world *w, const char *origin);
void members_adopted(struct world *w, unsigned i, const struct action *a);
void members_cause(struct world *w);
void members_heal(struct world *w);
void members_sent(struct world *w, unsigned from, unsigned to, const Parallax__V1__Frame *f);
bool members_agree(struct world *w);

/* check.c */
/* Does the origin still let node ${i} have the log? Who was taken off the list keeps what it had, and gets no more. */
bool check_still_may(struct world *w, unsigned i, const struct store_log *row);
void world_acknowledged(struct world *w, unsigned node, const struct action *a);

#endif
