#include "signer.h"
#include <assert.h>
#include <string.h>

void
model_init(struct model_signer *s, const uint8_t seed[32])
{
    uint8_t other[32];

    memset(s, 0, sizeof(*s));
    s->log_key = secret_new_copy(seed);
    hash_sha256(span_of(seed, 32), other);
    s->witness_key = secret_new_copy(other);
}

void
model_release(struct model_signer *s)
{
    secret_free(s->log_key);
    secret_free(s->witness_key);
}

void
model_roll_back(struct model_signer *s, const struct model_signer *then)
{
    memcpy(s->log, then->log, sizeof(s->log));
    s->log_n = then->log_n;
}

const struct model_log *
model_log(const struct model_signer *s, const uint8_t id[LOG_ID_BYTES])
{
    for (size_t i = 0; i < s->log_n; i++) {
        if (memcmp(s->log[i].id, id, LOG_ID_BYTES) == 0)
            return &s->log[i];
    }
    return NULL;
}

int
model_append(struct model_signer *s, const struct action *a, struct event_signed *out)
{
    struct model_log *l = NULL;
    struct tree tree;
    struct buf text;

    for (size_t i = 0; i < s->log_n; i++) {
        if (memcmp(s->log[i].id, a->log, LOG_ID_BYTES) == 0)
            l = &s->log[i];
    }
    if (l == NULL) {
        assert(s->log_n < MODEL_LOGS_MAX);
        l = &s->log[s->log_n++];
        memset(l, 0, sizeof(*l));
        memcpy(l->id, a->log, LOG_ID_BYTES);
        memcpy(l->head.log, a->log, LOG_ID_BYTES);
        tree_init(&l->tree);
    }
    *out = l->head;
    if (a->size != l->tree.size) {
        /* The same head again is allowed. */
        if (a->size < l->tree.size && a->size + a->bytes.n / HASH_BYTES == l->tree.size)
            return 0;
        s->refused++;
        return -1;
    }
    tree = l->tree;
    for (size_t i = 0; i < a->bytes.n / HASH_BYTES; i++)
        tree_append(&tree, a->bytes.p + i * HASH_BYTES, NULL, NULL);
    l->tree = tree;
    l->head.size = tree.size;
    tree_root(&tree, l->head.root);
    buf_init(&text, 4096);
    checkpoint_text(a->origin_line, l->head.size, l->head.root, &text);
    sig_sign(s->log_key, buf_span(&text), l->head.signature);
    buf_release(&text);
    *out = l->head;
    return 0;
}

void
model_cosign(const struct model_signer *s, const char *origin_line, uint64_t size,
             const uint8_t root[HASH_BYTES], uint64_t time, uint8_t sig[SIG_BYTES])
{
    struct buf text;

    buf_init(&text, 4096);
    checkpoint_cosign_text(origin_line, size, root, time, &text);
    sig_sign(s->witness_key, buf_span(&text), sig);
    buf_release(&text);
}

int
model_witness(struct model_signer *s, const struct action *a, uint64_t *size, uint8_t sig[SIG_BYTES])
{
    const struct checkpoint *h = &a->row->head;
    size_t i = 0;

    while (i < s->seen_n && memcmp(s->seen[i].id, h->log, LOG_ID_BYTES) != 0)
        i++;
    if (i == s->seen_n) {
        assert(i < 8 * MODEL_LOGS_MAX);
        memcpy(s->seen[s->seen_n++].id, h->log, LOG_ID_BYTES);
    }
    *size = s->seen[i].size;
    if (a->size != s->seen[i].size || !checkpoint_verify(h, a->origin_line, a->log_key) ||
        !tree_check_consistency(s->seen[i].size, s->seen[i].root, h->size, h->root,
                                (const uint8_t(*)[HASH_BYTES])a->bytes.p, a->bytes.n / HASH_BYTES))
        return -1;
    s->seen[i].size = h->size;
    memcpy(s->seen[i].root, h->root, HASH_BYTES);
    *size = h->size;
    model_cosign(s, a->origin_line, h->size, h->root, a->time, sig);
    return 0;
}
