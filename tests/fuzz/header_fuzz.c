/* Record headers, of the log that the seeds are of: what is taken has every value that the rest of the node relies on. */
#include <stdlib.h>

#include "base/limit.h"
#include "core/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
    if (!condition)
        abort();
}

static void
check(const Parallax__V1__Header *h)
{
    struct why why = {.code = WHY_NONE};

    require(h->mode >= PARALLAX__V1__MODE__REAL && h->mode <= PARALLAX__V1__MODE__SIMULATED);
    require(record_mode_name((int)h->mode)[0] != '?' && record_kind_name((int)h->kind)[0] != '?');
    require(h->log.len == LOG_ID_BYTES && h->body_hash.len == HASH_BYTES && h->salt.len == 16);
    require(h->body_length <= LIMIT_BODY_BYTES || h->n_chunks > 0);
    require(!utc_is_zero(record_utc(h->created)));
    require(h->n_references <= LIMIT_REF_COUNT);
    if (record_body_check(h, span_str("a body"), &why) != 0)
        require(why.code == WHY_BODY_HASH || why.code == WHY_BODY_SIZE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t log[LOG_ID_BYTES];
    struct why why = {.code = WHY_NONE};
    struct arena a;
    Parallax__V1__Header *h;
    uint64_t index;

    for (uint8_t i = 0; i < LOG_ID_BYTES; i++)
        log[i] = (uint8_t)(0xA0 + i);
    arena_init(&a, LIMIT_ARENA_BODY_BYTES);
    h = record_header_read(span_of(data, size), log, &a, &why);
    if (h != NULL)
        check(h);
    else
        require(why.code != WHY_NONE);
    arena_release(&a);
    (void)record_id_parse(span_of(data, size), log, &index);
    return 0;
}
