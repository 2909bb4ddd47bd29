/* What the files of the core role share; nobody else includes it. */
#ifndef DAEMON_CORE_INTERNAL_H
#define DAEMON_CORE_INTERNAL_H

#include "bus/gatelink.h"
#include "core/node.h"
#include "daemon/api.h"
#include "daemon/chain.h"
#include "daemon/role.h"
#include "daemon/seallink.h"
#include "daemon/signlink.h"
#include "store/store.h"

struct core {
    const struct role_args *args;
    struct chain chain;
    struct span *notes; /* of the chain, for the api */
    struct store *store;
    struct node *node;
    struct signlink *sign;
    struct seallink *seal;
    struct api *api;
    struct api_ctx api_ctx;
    struct gatelink gate;
    bool gate_up, held, disk_low, failed, delivered, own_waiting;
    struct buf evidence; /* read last */
    uint32_t *links;     /* of the gate that is connected, to end them when it goes */
    size_t links_n;
    struct actions actions;
    int64_t tick_ms, disk_ms, chain_ms, keep_ms;
    int64_t again_ms; /* start again from then on, with a newer roster; 0 = no */
    struct why chain_said;
    bool fill; /* what an older release stored is read once more: core_fill.c */
    bool fill_begun;
    int64_t settle_ms;
    struct store_latest fill_after;
    /* The running transaction: records of peers' data logs, and whether it holds anything else. */
    int64_t begun_ms;
    size_t gathered;
    bool urgent;
};

int64_t core_run_mono_ms(void);
int64_t core_run_wall_ms(void);

/* core_run.c: one step and all that follows from it. */
void core_run_step(struct core *c, struct event *e);
/* core_do.c: carry out what the step asked for. A store that fails sets ${c}->failed: the role ends. */
void core_do(struct core *c, const struct actions *a);
void core_do_send_peers(struct core *c);
void core_do_drop_gate(struct core *c);
/* What is kept of a log that contradicted itself, as node_view.evidence. */
int core_do_evidence(void *cookie, const uint8_t log[LOG_ID_BYTES], struct span *out);

/* core_view.c */
struct node_view core_view(struct core *c);

/* core_keep.c: bodies past their age are dropped, a few batches a call. */
void core_keep(struct core *c);

/* core_fill.c: some of what an older release stored; nothing when there is nothing left. */
bool core_fill_is_due(struct core *c);
void core_fill(struct core *c);
void core_fill_settle(struct core *c);

/* core_do.c: answers of the signer become events. */
void core_do_sign_answer(void *cookie, const Parallax__Role__SignAnswer *answer);

#endif
