/* Proof bundles, against the federation that the seeds are of: what verifies is the record that the origin signed, and no other. */
#include "../unit/core/federation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t fingerprint[HASH_BYTES];

static void
start(void)
{
    static bool started;
    struct roster *r;
    struct buf text;

    if (started)
        return;
    secret_start();
    r = federation_roster(2, 4);
    buf_init(&text, LIMIT_ROSTER_BYTES);
    roster_write(r, &text);
    hash_sha256(buf_span(&text), fingerprint);
    buf_release(&text);
    roster_free(r);
    started = true;
}

/* Nobody but the seeds' makers can sign: the log is theirs, the sizes are theirs, and a held body is their body. */
static bool
is_ours(const struct bundle_result *r)
{
    bool size = r->size == 1 || r->size == 257 || r->size == 1000;
    bool body = r->body.p == NULL || span_is(r->body, "a body");

    return strcmp(r->origin, "fr-cnes") == 0 && r->log[0] == 0xA0 && size && body && r->good_n <= 3;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bundle_result result;
    struct why why = {.code = WHY_NONE};
    struct buf scratch;

    start();
    buf_init(&scratch, LIMIT_HEADER_BYTES + LIMIT_BODY_BYTES);
    if (bundle_verify(span_of(data, size), NULL, fingerprint, &scratch, &result, &why) == 0) {
        if (!is_ours(&result))
            abort();
    } else if (why.code == WHY_NONE) {
        abort();
    }
    buf_release(&scratch);
    return 0;
}
