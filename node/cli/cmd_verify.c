/* verify: a proof bundle, offline, against a roster or its fingerprint; or the signature of a public alert. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/limit.h"
#include "base/text.h"
#include "cli/document.h"
#include "core/object.h"
#include "cli/row.h"
#include "cli/screen.h"
#include "cli/verify_alert.h"
#include "core/bundle.h"
#include "core/evidence.h"

struct verify {
    struct args args;
    struct document roster; /* NULL inside: --fingerprint instead */
    uint8_t fingerprint[HASH_BYTES];
    bool by_fingerprint;
    struct buf proof, scratch;
    struct bundle_result result;
};

/* The roster must at least be signed by enough of its own stewards. */
static int
read_roster(struct verify *v, const char *path)
{
    int status = document_read(&v->roster, path);
    const struct roster *r = v->roster.roster;
    if (status == EXIT_DONE &&
        (!v->roster.is_signed || roster_signatures(buf_span(&v->roster.bytes), r) < r->threshold))
        status = args_fail(&v->args, "%s: too few of its stewards have signed it: expected %u", path,
                           r->threshold);
    if (status == EXIT_DONE && v->by_fingerprint && !document_is_of(r, v->fingerprint))
        status = args_fail(&v->args, "%s is of another federation than the fingerprint's", path);
    return status;
}

static int
read_inputs(struct verify *v)
{
    const char *roster = args_get(&v->args, "roster");
    const char *path = v->args.at[0];
    if (document_fingerprint(&v->args, v->fingerprint, &v->by_fingerprint) != 0)
        return EXIT_USAGE;
    bool by_roster = roster != NULL || v->by_fingerprint;
    if (!by_roster && !args_has(&v->args, "trust"))
        return args_usage(&v->args, "whose word is the proof checked against? Expected --roster FILE or "
                                    "--fingerprint HEX, or of a public alert --trust FILE");
    if (file_read(path, &v->proof) != 0)
        return args_fail(&v->args, "%s: %s", path,
                         errno == EFBIG ? "larger than a proof may be (16 MiB)" : strerror(errno));
    if (verify_alert_is(buf_span(&v->proof)))
        return EXIT_DONE;
    if (!by_roster)
        return args_usage(&v->args, "%.64s is no public alert: expected --roster FILE or --fingerprint HEX",
                          path);
    return roster != NULL ? read_roster(v, roster) : EXIT_DONE;
}

static void
print_time(struct buf *out, uint64_t seconds)
{
    char text[UTC_TEXT_MAX];
    utc_print(utc_from_unix((int64_t)seconds, 0), 0, text);
    buf_put_str(out, text);
}

static void
put_header_line(struct buf *out, const struct row *r)
{
    char text[UTC_TEXT_MAX];
    const Parallax__V1__Header *h = r->header;
    buf_put_fmt(out, "mode      %s%s%s\n",
                screen_tone(stdout, h->mode == PARALLAX__V1__MODE__REAL ? TONE_PLAIN : TONE_WARN),
                record_mode_name((int)h->mode), screen_tone(stdout, TONE_PLAIN));
    buf_put_fmt(out, "type      ");
    screen_text(out, h->type[0] != '\0' ? h->type : "(about the log itself)");
    buf_put_fmt(out, " version %" PRIu32 ", %s\n", h->type_version, record_kind_name((int)h->kind));
    utc_print(record_utc(h->created), 3, text);
    buf_put_fmt(out, "created   %s (by the origin's clock)\n", text);
    row_epoch(r, text);
    buf_put_fmt(out, "epoch     %s\n", text);
    if (!utc_is_zero(record_utc(h->expires))) {
        utc_print(record_utc(h->expires), 0, text);
        buf_put_fmt(out, "expires   %s\n", text);
    }
}

static void
put_lines(struct buf *out, const struct bundle_result *b)
{
    for (unsigned i = 0; i < b->good_n && i < BUNDLE_LINES_MAX; i++) {
        buf_put_fmt(out, "seen by   %s at ", b->good[i]);
        print_time(out, b->good_time[i]);
        buf_put_byte(out, '\n');
    }
    if (b->good_n == 0)
        buf_put_str(out, "seen by   nobody but the origin\n");
    for (unsigned i = 0; i < b->lost_n && i < BUNDLE_LINES_MAX; i++) {
        buf_put_str(out, "LOST      the cosignature line of ");
        text_quote(out, span_str(b->lost[i]), ORIGIN_LINE_MAX);
        buf_put_str(out, " does not verify\n");
    }
    if (b->lost_n > BUNDLE_LINES_MAX)
        buf_put_fmt(out, "LOST      %u more lines\n", b->lost_n - BUNDLE_LINES_MAX);
}

static void
put_text(struct buf *out, const struct verify *v, const struct row *r)
{
    const struct bundle_result *b = &v->result;
    buf_put_fmt(out,
                "%sIt holds.%s\nrecord    %s\norigin    %s%s\ntree      leaf %" PRIu64 " of %" PRIu64
                ", keys of roster version %" PRIu64 "\n",
                screen_tone(stdout, TONE_GOOD), screen_tone(stdout, TONE_PLAIN), r->id, b->origin,
                b->origin_removed ? " (REMOVED from the federation)" : "", b->index, b->size,
                b->roster_version);
    put_header_line(out, r);
    if (b->plain.p != NULL)
        buf_put_str(out, "revealed  by the key in the proof, which opens this record only\n");
    buf_put_str(out, "body      ");
    row_summary(r, out);
    buf_put_byte(out, '\n');
    put_lines(out, b);
}

static void
put_json(struct buf *out, const struct verify *v, const struct row *r)
{
    const struct bundle_result *b = &v->result;
    object_open(out, NULL);
    object_bool(out, "valid", true);
    object_uint(out, "size", b->size);
    object_uint(out, "roster_version", b->roster_version);
    object_bool(out, "origin_removed", b->origin_removed);
    object_open_list(out, "cosigners");
    for (unsigned i = 0; i < b->good_n && i < BUNDLE_LINES_MAX; i++) {
        object_open(out, NULL);
        object_str(out, "node", b->good[i]);
        object_ms(out, "time", (int64_t)b->good_time[i] * 1000);
        object_close(out);
    }
    object_close_list(out);
    object_open_list(out, "lost");
    for (unsigned i = 0; i < b->lost_n && i < BUNDLE_LINES_MAX; i++)
        object_str(out, NULL, b->lost[i]);
    object_close_list(out);
    object_uint(out, "lost_count", b->lost_n);
    struct buf record;
    buf_init(&record, LIMIT_API_BYTES * 16);
    row_json(r, span_of(NULL, 0), &record);
    object_raw(out, "record", buf_span(&record));
    buf_release(&record);
    object_close(out);
    buf_put_byte(out, '\n');
}

static int
report(const struct verify *v)
{
    const struct bundle_result *b = &v->result;
    Parallax__V1__RecordId id = PARALLAX__V1__RECORD_ID__INIT;
    Parallax__V1__RecordRow in = PARALLAX__V1__RECORD_ROW__INIT;
    struct row r;
    struct buf out;
    id.log.data = (uint8_t *)(uintptr_t)b->log;
    id.log.len = LOG_ID_BYTES;
    id.index = b->index;
    in.id = &id;
    in.origin = (char *)(uintptr_t)b->origin;
    in.header.data = (uint8_t *)(uintptr_t)b->header.p;
    in.header.len = b->header.n;
    in.body.data = (uint8_t *)(uintptr_t)b->body.p;
    in.body.len = b->body.p != NULL ? b->body.n : 0;
    in.plain.data = (uint8_t *)(uintptr_t)b->plain.p;
    in.plain.len = b->plain.n;
    row_open(&r, &in);
    buf_init(&out, LIMIT_API_BYTES * 32);
    if (r.header == NULL) {
        buf_release(&out);
        row_close(&r);
        return args_fail(&v->args, "%s: the proof holds, but the record's header is not readable: %s",
                         v->args.at[0], r.why.note);
    }
    if (args_has(&v->args, "json"))
        put_json(&out, v, &r);
    else
        put_text(&out, v, &r);
    row_warn_mode(row_mode(&r));
    screen_flush(&out);
    buf_release(&out);
    row_close(&r);
    return EXIT_DONE;
}

/* A contradiction instead of a proof: the roster must be at hand, its fingerprint alone says nothing about keys. */
static int
verify_evidence(const struct verify *v)
{
    const char *path = v->args.at[0];
    const struct roster *r = v->roster.roster;
    struct evidence e;
    struct why why;
    struct buf out;
    why_clear(&why);
    if (r == NULL)
        return args_fail(&v->args, "%s is a contradiction: expected --roster FILE", path);
    if (evidence_parse(buf_span(&v->proof), r->federation, &e, &why) != 0 ||
        evidence_check(&e, r, &why) != 0) {
        int status = args_refuse(&why, path);
        fprintf(stderr, "%sIt does not hold: nothing in it is proved.%s\n", screen_tone(stderr, TONE_BAD),
                screen_tone(stderr, TONE_PLAIN));
        return status;
    }
    buf_init(&out, LIMIT_API_BYTES);
    if (args_has(&v->args, "json")) {
        object_open(&out, NULL);
        object_bool(&out, "valid", true);
        object_str(&out, "origin", e.origin);
        object_hex(&out, "log", e.older.log, LOG_ID_BYTES);
        object_uint(&out, "older_size", e.older.size);
        object_uint(&out, "newer_size", e.newer.size);
        object_close(&out);
        buf_put_byte(&out, '\n');
    } else {
        char hex[2 * LOG_ID_BYTES + 1];
        text_hex_of(e.older.log, LOG_ID_BYTES, hex);
        buf_put_fmt(&out,
                    "%sIt holds.%s %s signed two heads of log %s that cannot both be true:\nat size %" PRIu64
                    " and at size %" PRIu64 " the first %" PRIu64 " leaves are not the same.\n",
                    screen_tone(stdout, TONE_GOOD), screen_tone(stdout, TONE_PLAIN), e.origin, hex,
                    e.older.size, e.newer.size, e.older.size);
    }
    screen_flush(&out);
    buf_release(&out);
    return EXIT_DONE;
}

int
cmd_verify(int argc, char **argv)
{
    struct verify v = {.by_fingerprint = false};
    struct why why;
    int status;
    if (!args_read(&v.args, "verify", 1, 1, argc, argv, &status))
        return status;
    why_clear(&why);
    buf_init(&v.roster.bytes, 0);
    buf_init(&v.proof, LIMIT_PROOF_BYTES);
    buf_init(&v.scratch, LIMIT_HEADER_BYTES + 2 * LIMIT_BODY_BYTES);
    status = read_inputs(&v);
    bool alert = status == EXIT_DONE && verify_alert_is(buf_span(&v.proof));
    bool fork = status == EXIT_DONE && evidence_is(buf_span(&v.proof));
    if (alert)
        status = verify_alert(&v.args, buf_span(&v.proof));
    else if (fork)
        status = verify_evidence(&v);
    else if (status == EXIT_DONE &&
             bundle_verify(buf_span(&v.proof), v.roster.roster, v.by_fingerprint ? v.fingerprint : NULL,
                           &v.scratch, &v.result, &why) != 0) {
        status = args_refuse(&why, v.args.at[0]);
        fprintf(stderr, "%sIt does not hold: nothing in it is proved.%s\n", screen_tone(stderr, TONE_BAD),
                screen_tone(stderr, TONE_PLAIN));
    }
    if (status == EXIT_DONE && !fork && !alert)
        status = report(&v);
    document_release(&v.roster);
    buf_release(&v.proof);
    buf_release(&v.scratch);
    return status;
}
