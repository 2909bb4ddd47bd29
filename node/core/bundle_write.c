#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "core/bundle.h"
#include "proof.pb-c.h"
#include "wire/unpack.h"

/* protobuf-c has no const; packing only reads. */
static ProtobufCBinaryData
borrow(struct span s)
{
    return (ProtobufCBinaryData){s.n, (uint8_t *)(uintptr_t)s.p};
}

/* The chain in its normal form; a note that does not parse stays as it is, and the bundle will not verify. */
static void
normalise(const struct span *notes, size_t n, struct buf *out, size_t *ends)
{
    struct roster *r = roster_new();
    struct roster *old = roster_new();

    for (size_t i = 0; i < n; i++) {
        struct roster *swap = old;

        if (roster_parse(notes[i], r, NULL) != 0 || roster_normal(notes[i], r, i > 0 ? old : NULL, out) != 0)
            buf_put_span(out, notes[i]);
        ends[i] = out->n;
        old = r;
        r = swap;
    }
    roster_free(r);
    roster_free(old);
}

static void
put_extra(const struct bundle_parts *parts, struct buf *out)
{
    Parallax__V1__ProofExtra extra = PARALLAX__V1__PROOF_EXTRA__INIT;
    ProtobufCBinaryData *rosters = mem_new((parts->rosters_n + 1) * sizeof *rosters);
    size_t *ends = mem_new((parts->rosters_n + 1) * sizeof *ends);
    struct buf notes;
    struct buf packed;

    buf_init(&notes, LIMIT_PROOF_BYTES);
    buf_init(&packed, LIMIT_PROOF_BYTES);
    normalise(parts->rosters, parts->rosters_n, &notes, ends);
    for (size_t i = 0; !buf_failed(&notes) && i < parts->rosters_n; i++) {
        size_t start = i > 0 ? ends[i - 1] : 0;

        rosters[i] = borrow(span_of(notes.p + start, ends[i] - start));
    }
    extra.header = borrow(parts->header);
    extra.body = borrow(parts->body);
    extra.rosters = rosters;
    extra.n_rosters = parts->rosters_n;
    extra.origin = (char *)(uintptr_t)parts->origin;
    extra.key = borrow(parts->key);
    pack(&extra.base, &packed);
    if (buf_failed(&notes) || buf_failed(&packed))
        out->failed = true;
    text_base64(out, buf_span(&packed));
    buf_release(&notes);
    buf_release(&packed);
    free(rosters);
    free(ends);
}

void
bundle_write(const struct bundle_parts *parts, struct buf *out)
{
    buf_put_str(out, BUNDLE_MAGIC "\nextra ");
    put_extra(parts, out);
    buf_put_fmt(out, "\nindex %llu\n", (unsigned long long)parts->index);
    for (size_t i = 0; i < parts->path_n; i++) {
        text_base64(out, span_of(parts->path[i], HASH_BYTES));
        buf_put_byte(out, '\n');
    }
    buf_put_byte(out, '\n');
    checkpoint_print(parts->checkpoint, parts->federation, parts->origin_line, parts->lines, parts->lines_n,
                     out);
}
