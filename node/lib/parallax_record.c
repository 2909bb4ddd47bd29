/* One record: a row as the node answers it, or what a proof holds. */
#include "lib/parallax_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define JSON_BYTES ((size_t)LIMIT_API_BYTES * 16) /* as `tail --json` writes it */

static parallax_record *
start(void)
{
    parallax_record *r = mem_new(sizeof *r);

    buf_init(&r->bytes, (size_t)LIMIT_API_BYTES * 2);
    buf_init(&r->json, JSON_BYTES);
    return r;
}

parallax_record *
parallax_record_new(Parallax__V1__RecordRow **row, ProtobufCBinaryData incarnation)
{
    parallax_record *r = start();

    r->row = *row;
    *row = NULL;
    r->has_incarnation = incarnation.len == sizeof r->incarnation;
    if (r->has_incarnation)
        memcpy(r->incarnation, incarnation.data, sizeof r->incarnation);
    row_open(&r->opened, r->row);
    return r;
}

static ProtobufCBinaryData
piece(const parallax_record *r, size_t at, struct span s)
{
    return (ProtobufCBinaryData){s.n, s.n > 0 ? r->bytes.p + at : NULL};
}

parallax_record *
parallax_record_of_proof(const char *origin, const uint8_t log[LOG_ID_BYTES], uint64_t index,
                         struct span header, struct span body, struct span plain)
{
    parallax_record *r = start();

    /* Borrowed spans go behind each other first: the buffer may move while it grows. */
    buf_put(&r->bytes, log, LOG_ID_BYTES);
    buf_put(&r->bytes, origin, strlen(origin) + 1);
    buf_put_span(&r->bytes, header);
    buf_put_span(&r->bytes, body);
    buf_put_span(&r->bytes, plain);
    if (buf_failed(&r->bytes))
        abort();
    parallax__v1__record_row__init(&r->own);
    parallax__v1__record_id__init(&r->id);
    r->id.log = (ProtobufCBinaryData){LOG_ID_BYTES, r->bytes.p};
    r->id.index = index;
    r->own.id = &r->id;
    r->own.origin = (char *)r->bytes.p + LOG_ID_BYTES;
    r->own.header = piece(r, LOG_ID_BYTES + strlen(origin) + 1, header);
    r->own.body = piece(r, LOG_ID_BYTES + strlen(origin) + 1 + header.n, body);
    r->own.plain = piece(r, LOG_ID_BYTES + strlen(origin) + 1 + header.n + body.n, plain);
    row_open(&r->opened, &r->own);
    return r;
}

void
parallax_record_free(parallax_record *record)
{
    if (record == NULL)
        return;
    row_close(&record->opened);
    if (record->row != NULL)
        parallax__v1__record_row__free_unpacked(record->row, NULL);
    buf_release(&record->bytes);
    buf_release(&record->json);
    free(record);
}

const char *
parallax_record_id(const parallax_record *record)
{
    return record->opened.id;
}

const char *
parallax_record_origin(const parallax_record *record)
{
    return record->opened.in->origin;
}

const char *
parallax_record_series(const parallax_record *record)
{
    return record->opened.in->series;
}

const char *
parallax_record_type(const parallax_record *record)
{
    return record->opened.header != NULL ? record->opened.header->type : "";
}

enum parallax_mode
parallax_record_mode(const parallax_record *record)
{
    return (enum parallax_mode)row_mode(&record->opened);
}

uint64_t
parallax_record_number(const parallax_record *record)
{
    return record->opened.in->delivery;
}

int64_t
parallax_record_received_ms(const parallax_record *record)
{
    return record->opened.in->received_ms;
}

const char *
parallax_record_json(parallax_record *record)
{
    if (record->json.n == 0)
        row_json(&record->opened,
                 record->has_incarnation ? span_of(record->incarnation, sizeof record->incarnation)
                                         : span_of(NULL, 0),
                 &record->json);
    return buf_cstr(&record->json);
}

const unsigned char *
parallax_record_header(const parallax_record *record, size_t *n)
{
    *n = record->opened.in->header.len;
    return record->opened.in->header.data;
}

const unsigned char *
parallax_record_body(const parallax_record *record, size_t *n)
{
    *n = record->opened.body.p != NULL ? record->opened.body.n : 0;
    return record->opened.body.p;
}
