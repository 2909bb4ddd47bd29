/* What was signed about a log, and what shows that it contradicts itself. */
#include "cli/audit.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/evidence.h"

bool
audit_head_signed(struct audit *a, const struct store_log *log, const struct checkpoint *c, const char *what,
                  uint64_t leaf)
{
    const struct roster_key *key;
    char line[ORIGIN_LINE_MAX];

    if (roster_vouches(audit_newest(a), log->origin, c))
        return true; /* the stewards' word is all that it needs */
    a->counts.signatures++;
    key = audit_log_key(a, log->origin, log->id, c->key_id);
    checkpoint_origin_line(audit_newest(a)->federation, log->origin, log->id, line);
    if (key != NULL && checkpoint_verify(c, line, key->key))
        return true;
    audit_say_leaf(a, AUDIT_BAD, what, log, leaf,
                   key == NULL ? "the head of %llu leaves names a key that no roster lists for %s"
                               : "the signature of the head of %llu leaves is not by the key of %s",
                   (unsigned long long)c->size, log->origin);
    return false;
}

static bool
witness_ok(const struct audit *a, const struct store_log *log, const struct cosignature *c)
{
    char line[ORIGIN_LINE_MAX];

    checkpoint_origin_line(audit_newest(a)->federation, log->origin, log->id, line);
    for (size_t i = a->rosters; i-- > 0;) {
        const struct roster_member *m = roster_member(a->roster[i], c->node);
        for (unsigned k = 0; m != NULL && k < m->witness.n; k++) {
            if (memcmp(m->witness.key[k].id, c->key_id, KEY_ID_BYTES) == 0 &&
                checkpoint_verify_cosignature(&log->head, line, c, m->witness.key[k].key))
                return true;
        }
    }
    return false;
}

static void
check_evidence(struct audit *a, const struct store_log *log)
{
    struct evidence *e = mem_new(sizeof *e);
    struct buf bytes;
    struct why why;
    bool holds = false;
    int rc;

    buf_init(&bytes, LIMIT_FRAME_BYTES);
    rc = store_evidence_get(a->store, log->id, &bytes);
    if (rc == 0 && evidence_unpack(buf_span(&bytes), e) == 0 &&
        memcmp(e->older.log, log->id, LOG_ID_BYTES) == 0 && strcmp(e->origin, log->origin) == 0) {
        for (size_t i = a->rosters; i-- > 0 && !holds;) {
            why_clear(&why);
            holds = evidence_check(e, a->roster[i], &why) == 0;
        }
    }
    if (rc == 0 && !holds)
        audit_say(a, AUDIT_BAD, "evidence", log, "what is kept does not show that %s contradicted itself",
                  log->origin);
    else if (rc == 0)
        audit_say(a, AUDIT_NOTE, "disputed", log,
                  "%s signed heads of %llu and of %llu leaves that cannot both be true; both stories have "
                  "%llu leaves",
                  log->origin, (unsigned long long)e->older.size, (unsigned long long)e->newer.size,
                  (unsigned long long)log->common);
    else if (log->disputed)
        audit_say(a, AUDIT_BAD, "evidence", log, "it is disputed, and nothing is kept that shows it");
    if (rc == 0 && holds && !log->disputed && roster_recovery(audit_newest(a), log->id) == NULL)
        audit_say(a, AUDIT_BAD, "evidence", log, "it contradicts itself, and is not marked as disputed");
    buf_release(&bytes);
    free(e);
}

void
audit_head_check(struct audit *a, const struct store_log *log)
{
    if (roster_member(audit_newest(a), log->origin) == NULL)
        audit_say(a, AUDIT_BAD, "origin", log, "no roster lists %s", log->origin);
    if (log->head.size > 0)
        (void)audit_head_signed(a, log, &log->head, "head", log->head.size - 1);
    if (log->heartbeat.time != 0) {
        a->counts.cosignatures++;
        if (strcmp(log->heartbeat.node, log->origin) != 0 || !witness_ok(a, log, &log->heartbeat))
            audit_say(a, AUDIT_BAD, "heartbeat", log,
                      "the word of %s on the time of its head does not verify", log->origin);
    }
    for (uint32_t i = 0; i < log->cosignatures_n; i++) {
        a->counts.cosignatures++;
        if (!witness_ok(a, log, &log->cosignature[i]))
            audit_say(a, AUDIT_BAD, "cosignature", log, "line %u does not verify under a key of that member",
                      i + 1);
    }
    check_evidence(a, log);
}
