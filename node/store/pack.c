#include "store/pack.h"

bool
pack_take_bytes(struct span *in, size_t n, struct span *out)
{
    if (n > in->n)
        return false;
    *out = span_of(in->p, n);
    if (n > 0) {
        in->p += n;
        in->n -= n;
    }
    return true;
}

bool
pack_take_copy(struct span *in, void *out, size_t n)
{
    struct span s;

    if (!pack_take_bytes(in, n, &s))
        return false;
    if (n > 0)
        memcpy(out, s.p, n);
    return true;
}

bool
pack_take_u8(struct span *in, uint8_t *v)
{
    return pack_take_copy(in, v, 1);
}

bool
pack_take_be16(struct span *in, uint16_t *v)
{
    struct span s;

    if (!pack_take_bytes(in, 2, &s))
        return false;
    *v = (uint16_t)(s.p[0] << 8 | s.p[1]);
    return true;
}

bool
pack_take_be32(struct span *in, uint32_t *v)
{
    struct span s;

    if (!pack_take_bytes(in, 4, &s))
        return false;
    *v = (uint32_t)s.p[0] << 24 | (uint32_t)s.p[1] << 16 | (uint32_t)s.p[2] << 8 | s.p[3];
    return true;
}

bool
pack_take_be64(struct span *in, uint64_t *v)
{
    uint32_t high, low;

    if (in->n < 8 || !pack_take_be32(in, &high) || !pack_take_be32(in, &low))
        return false;
    *v = (uint64_t)high << 32 | low;
    return true;
}

static void
put_be32(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static void
copy(uint8_t *p, struct span s)
{
    if (s.n > 0)
        memcpy(p, s.p, s.n);
}

void
pack_headers(struct buf *out, const struct store_record *records, uint32_t n)
{
    size_t bytes = 0;
    uint8_t *p;

    for (uint32_t i = 0; i < n; i++)
        bytes += 4 + records[i].header.n;
    p = buf_add(out, bytes);
    for (uint32_t i = 0; p != NULL && i < n; i++) {
        put_be32(p, records[i].header.n);
        copy(p + 4, records[i].header);
        p += 4 + records[i].header.n;
    }
}

void
pack_bodies(struct buf *out, const struct store_record *records, uint32_t n)
{
    size_t bytes = 0;
    uint8_t *p;

    for (uint32_t i = 0; i < n; i++)
        bytes += 7 + records[i].body.n;
    p = buf_add(out, bytes);
    for (uint32_t i = 0; p != NULL && i < n; i++) {
        const struct store_record *r = &records[i];

        p[0] = r->body_state;
        p[1] = (uint8_t)(r->quarantine >> 8);
        p[2] = (uint8_t)r->quarantine;
        put_be32(p + 3, r->body.n);
        copy(p + 7, r->body);
        p += 7 + r->body.n;
    }
}

bool
pack_take_header(struct span *in, struct span *header)
{
    uint32_t n;

    return pack_take_be32(in, &n) && pack_take_bytes(in, n, header);
}

bool
pack_take_body(struct span *in, struct store_record *r)
{
    uint16_t quarantine;
    uint32_t n;

    if (!pack_take_u8(in, &r->body_state) || !pack_take_be16(in, &quarantine) || !pack_take_be32(in, &n) ||
        !pack_take_bytes(in, n, &r->body))
        return false;
    r->quarantine = quarantine;
    return r->body_state <= STORE_BODY_FILTERED && (n == 0 || r->body_state == STORE_BODY_HELD);
}

bool
pack_read(struct span headers, struct span bodies, uint32_t n, uint32_t skip, struct store_record *records)
{
    struct store_record skipped;

    for (uint32_t i = 0; i < n; i++) {
        struct store_record *r = i < skip ? &skipped : &records[i - skip];

        if (!pack_take_header(&headers, &r->header) || !pack_take_body(&bodies, r))
            return false;
    }
    return headers.n == 0 && bodies.n == 0;
}
