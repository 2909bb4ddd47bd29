/* Proof bundles, with no node: what `parallax verify` does. */
#include "lib/parallax_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "core/bundle.h"

/* Signed by enough of its own stewards, and of the federation that the fingerprint names, if one is given. */
static int
read_roster(const char *text, size_t n, const uint8_t *fingerprint, struct roster *r)
{
    struct why why;
    uint8_t id[HASH_BYTES / 2];
    bool same;

    why_clear(&why);
    if (n > LIMIT_ROSTER_BYTES)
        return parallax_say(PARALLAX_INVALID, "roster: %zu bytes: expected at most %d", n,
                            LIMIT_ROSTER_BYTES);
    if (roster_parse(span_of((const uint8_t *)text, n), r, &why) != 0)
        return parallax_say_why(&why);
    if (roster_signatures(span_of((const uint8_t *)text, n), r) < r->threshold)
        return parallax_say(PARALLAX_REFUSED, "roster: too few of its stewards have signed it: expected %u",
                            r->threshold);
    if (fingerprint == NULL)
        return PARALLAX_DONE;
    same = r->version == 1 ? memcmp(r->hash, fingerprint, HASH_BYTES) == 0
                           : text_unhex(span_str(r->federation), id, sizeof id) == 0 &&
                                 memcmp(id, fingerprint, sizeof id) == 0;
    return same
               ? PARALLAX_DONE
               : parallax_say(PARALLAX_REFUSED, "the roster is of another federation than the fingerprint's");
}

static void
fill(const struct bundle_result *b, parallax_verdict *verdict)
{
    parallax_verdict v = {.size = verdict->size,
                          .index = b->index,
                          .tree_size = b->size,
                          .roster_version = b->roster_version,
                          .cosigners = b->good_n,
                          .lost = b->lost_n,
                          .origin_removed = b->origin_removed};

    memcpy(verdict, &v, v.size != 0 && v.size < sizeof v ? v.size : sizeof v);
}

static int
check(struct span proof, const struct roster *roster, const uint8_t *fingerprint, parallax_verdict *verdict,
      parallax_record **record)
{
    struct bundle_result *b = mem_new(sizeof *b);
    struct buf scratch;
    struct why why;
    int rc = PARALLAX_DONE;

    why_clear(&why);
    buf_init(&scratch, LIMIT_HEADER_BYTES + 2 * LIMIT_BODY_BYTES);
    if (bundle_verify(proof, roster, fingerprint, &scratch, b, &why) != 0) {
        rc = parallax_say_why(&why);
    } else {
        if (verdict != NULL)
            fill(b, verdict);
        if (record != NULL)
            *record = parallax_record_of_proof(b->origin, b->log, b->index, b->header, b->body, b->plain);
    }
    buf_release(&scratch);
    free(b);
    return rc;
}

int
parallax_verify(const void *proof, size_t n, const char *roster, size_t roster_n, const char *fingerprint,
                parallax_verdict *verdict, parallax_record **record)
{
    struct roster *r = NULL;
    uint8_t hash[HASH_BYTES];
    int rc = PARALLAX_DONE;

    parallax_begin();
    if (record != NULL)
        *record = NULL;
    if (proof == NULL || (roster == NULL && fingerprint == NULL))
        return parallax_say(PARALLAX_INVALID, "expected a proof, and a roster or a fingerprint");
    if (n > LIMIT_PROOF_BYTES)
        return parallax_say(PARALLAX_REFUSED, "%zu bytes: a proof has at most %d", n, LIMIT_PROOF_BYTES);
    if (fingerprint != NULL && text_unhex(span_str(fingerprint), hash, sizeof hash) != 0)
        return parallax_say(PARALLAX_INVALID, "fingerprint: expected %d hex digits", 2 * HASH_BYTES);
    if (roster != NULL) {
        r = roster_new();
        rc = read_roster(roster, roster_n, fingerprint != NULL ? hash : NULL, r);
    }
    if (rc == PARALLAX_DONE)
        rc = check(span_of(proof, n), r, fingerprint != NULL ? hash : NULL, verdict, record);
    if (r != NULL)
        roster_free(r);
    return rc;
}
