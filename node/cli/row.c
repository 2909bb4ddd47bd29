#include "cli/row.h"

#include <stdio.h>

#include "cli/screen.h"

/* What a log says about itself. */
static void
put_own(const struct row *r, struct buf *out)
{
    if (r->header->kind == PARALLAX__V1__KIND__DESCRIPTOR) {
        const Parallax__V1__Descriptor *d = (const Parallax__V1__Descriptor *)r->msg;
        buf_put_str(out, "the log begins: ");
        screen_text(out, d->node);
        buf_put_byte(out, '/');
        screen_text(out, d->audience);
        buf_put_byte(out, '/');
        screen_text(out, d->class_name);
    } else if (r->header->kind == PARALLAX__V1__KIND__KEYS) {
        buf_put_fmt(out, "keys of %zu earlier logs are handed on",
                    ((const Parallax__V1__Keys *)r->msg)->n_logs);
    } else if (r->header->kind == PARALLAX__V1__KIND__REVEAL) {
        const Parallax__V1__RecordId *id = ((const Parallax__V1__Reveal *)r->msg)->record;
        char text[RECORD_ID_TEXT_MAX] = "?";
        if (id != NULL && id->log.len == LOG_ID_BYTES)
            record_id_print(id->log.data, id->index, text);
        buf_put_fmt(out, "the embargo of %s has ended", text);
    } else {
        buf_put_str(out, "the log ends: ");
        screen_text(out, ((const Parallax__V1__Closure *)r->msg)->reason);
    }
}

void
row_summary(const struct row *r, struct buf *out)
{
    if (r->header == NULL) {
        buf_put_fmt(out, "(header not readable: %s)", r->why.note);
        return;
    }
    screen_mode(out, (int)r->header->mode);
    if (r->header->kind != PARALLAX__V1__KIND__INITIAL && r->header->type[0] != '\0')
        buf_put_fmt(out, "%s ", record_kind_name((int)r->header->kind));
    if (r->in->disputed)
        buf_put_str(out, "DISPUTED ");
    if (r->in->quarantine[0] != '\0') {
        buf_put_str(out, "QUARANTINED (");
        screen_text(out, r->in->quarantine);
        buf_put_str(out, ") ");
    }
    if (r->msg != NULL && r->type != NULL) {
        struct buf line;
        buf_init(&line, LIMIT_LINE_BYTES);
        r->type->summary(r->msg, &line);
        screen_text(out, buf_cstr(&line));
        buf_release(&line);
    } else if (r->msg != NULL) {
        put_own(r, out);
    } else if (r->in->body.len == 0) {
        screen_text(out, r->header->type);
        buf_put_str(out, " (no body: ");
        screen_text(out, row_absent(r));
        buf_put_byte(out, ')');
    } else {
        screen_text(out, r->header->type);
        buf_put_fmt(out, " (body not readable: %s)", r->why.note);
    }
}

void
row_epoch(const struct row *r, char text[UTC_TEXT_MAX])
{
    struct utc t = r->header != NULL ? record_utc(r->header->epoch) : (struct utc){0, 0};
    if (utc_is_zero(t))
        snprintf(text, UTC_TEXT_MAX, "-");
    else
        utc_print(t, 0, text);
}

void
row_created(const struct row *r, char text[UTC_TEXT_MAX])
{
    struct utc t = r->header != NULL ? record_utc(r->header->created) : (struct utc){0, 0};

    if (utc_is_zero(t))
        snprintf(text, UTC_TEXT_MAX, "-");
    else
        utc_print(t, 0, text);
}

void
row_warn_mode(int mode)
{
    if (mode != PARALLAX__V1__MODE__REAL)
        fprintf(stderr, "%s[%s] what follows is not real%s\n", screen_tone(stderr, TONE_WARN),
                record_mode_name(mode), screen_tone(stderr, TONE_PLAIN));
}
