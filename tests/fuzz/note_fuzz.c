/* Signed notes and vkeys: what is read prints to the very same bytes. */
#include <stdlib.h>

#include "core/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
    if (!condition)
        abort();
}

/* The published key of C2SP signed-note. */
static void
published_key(struct note_key *key)
{
    require(note_key_parse(span_str("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
                           key) == 0);
}

static void
print_again(const struct note *note, struct buf *out)
{
    buf_put_span(out, note->text);
    buf_put_byte(out, '\n');
    for (unsigned i = 0; i < note->n; i++) {
        const struct note_line *line = &note->line[i];
        char name[NOTE_NAME_MAX];

        require(line->name.n < sizeof name);
        memcpy(name, line->name.p, line->name.n);
        name[line->name.n] = 0;
        note_line_print(name, line->key_id, span_of(line->signature, line->signature_n), out);
    }
}

static bool
is_kept(const struct note *note)
{
    for (unsigned i = 0; i < note->n; i++) {
        if (note->line[i].signature_n > NOTE_SIG_MAX ||
            memchr(note->line[i].name.p, 0, note->line[i].name.n) != NULL)
            return false;
    }
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_of(data, size);
    struct note_key key;
    struct note note;
    struct why why = {.code = WHY_NONE};
    struct buf out;

    secret_start();
    buf_init(&out, 2 * LIMIT_ROSTER_BYTES);
    if (note_key_parse(input, &key) == 0) {
        note_key_print(&key, &out);
        require(span_equal(buf_span(&out), input));
    }
    buf_clear(&out);
    if (note_read(input, LIMIT_ROSTER_BYTES, WHY_HEAD_SHAPE, &note, &why) != 0) {
        require(why.code == WHY_HEAD_SHAPE);
    } else if (is_kept(&note)) {
        print_again(&note, &out);
        require(span_equal(buf_span(&out), input));
        published_key(&key);
        (void)note_open(&note, &key, 1);
    }
    buf_release(&out);
    return 0;
}
