#include "cli/object_show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limit.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/object_orbits.h"
#include "cli/screen.h"
#include "core/identity.h"
#include "core/object.h"

void
object_show_identity_json(const Parallax__V1__Object *object, struct buf *out)
{
    object_str(out, "id", object->id);
    object_open_list(out, "aliases");
    for (size_t i = 0; i < object->n_aliases; i++) {
        const Parallax__V1__ObjectAlias *a = object->aliases[i];

        object_open(out, NULL);
        object_str(out, "id", a->id);
        object_str(out, "state", a->state);
        object_bool(out, "joined", identity_word_is_joined(a->state));
        if (a->with[0] != '\0')
            object_str(out, "with", a->with);
        object_open_list(out, "origins");
        for (size_t k = 0; k < a->n_origins; k++)
            object_str(out, NULL, a->origins[k]);
        object_close_list(out);
        object_close(out);
    }
    object_close_list(out);
    if (object->cut)
        object_bool(out, "cut", true);
}

/* What the state of an identifier means, for people. */
static const char *
meaning(const char *state)
{
    static const struct {
        const char *state, *text;
    } rows[] = {{"used", "its records name it so"},
                {"claimed", "of the same object"},
                {"merged", "merged by a person"},
                {"named", "a name; others may have it too"},
                {"contested", "CONTESTED: not joined"},
                {"split", "SPLIT by a person: another object"},
                {"noted", "a person elsewhere says so; does not count here"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].state, state) == 0)
            return rows[i].text;
    }
    return "?";
}

static void
print_aliases(const Parallax__V1__Object *object)
{
    static const char *const titles[] = {"IDENTIFIER", "WHAT", "BESIDE", "WHO SAYS SO"};
    struct screen_table table;
    struct buf text;

    screen_table_init(&table, 4, titles);
    buf_init(&text, LIMIT_LINE_BYTES);
    for (size_t i = 0; i < object->n_aliases; i++) {
        const Parallax__V1__ObjectAlias *a = object->aliases[i];

        screen_text(&text, a->id);
        screen_table_cell(&table, buf_cstr(&text));
        screen_table_cell(&table, meaning(a->state));
        buf_clear(&text);
        screen_text(&text, a->with[0] != '\0' ? a->with : "-");
        screen_table_cell(&table, buf_cstr(&text));
        buf_clear(&text);
        for (size_t k = 0; k < a->n_origins; k++) {
            buf_put_str(&text, k > 0 ? ", " : "");
            screen_text(&text, a->origins[k]);
        }
        screen_table_cell(&table, text.n > 0 ? buf_cstr(&text) : "-");
        buf_clear(&text);
    }
    buf_release(&text);
    screen_table_print(&table);
    if (object->cut)
        printf("more is said of it than is looked at\n");
}

/* All that is known of it, printed. */
static void
print(const Parallax__V1__Object *found, const struct object_records *records, bool json)
{
    struct object_orbits *orbits = mem_new(sizeof *orbits);
    struct buf out;

    object_orbits_make(orbits, records, found);
    buf_init(&out, LIMIT_OUTPUT_BYTES);
    if (json) {
        object_open(&out, NULL);
        object_show_identity_json(found, &out);
        object_orbits_json(orbits, records, &out);
        object_records_json(records, &out);
        object_close(&out);
        buf_put_byte(&out, '\n');
        screen_flush(&out);
    } else {
        print_aliases(found);
        object_orbits_print(orbits, records);
        object_records_print(records);
    }
    buf_release(&out);
    object_orbits_release(orbits);
    free(orbits);
}

/* Which orbit is preferred and why, on standard error: the records that were asked for are on standard output. */
static void
explain(const Parallax__V1__Object *found, const struct object_records *records)
{
    struct object_orbits *orbits = mem_new(sizeof *orbits);
    struct buf line;

    object_orbits_make(orbits, records, found);
    buf_init(&line, LIMIT_LINE_BYTES);
    screen_text(&line, found->id);
    for (size_t i = 1; i < found->n_aliases && identity_word_is_joined(found->aliases[i]->state); i++) {
        buf_put_str(&line, " = ");
        screen_text(&line, found->aliases[i]->id);
    }
    buf_put_str(&line, ": ");
    object_orbits_explain(orbits, &line);
    fprintf(stderr, "%s\n", buf_cstr(&line));
    buf_release(&line);
    object_orbits_release(orbits);
    free(orbits);
}

static int
ask(const struct args *a, struct client *c, const char *object, Parallax__V1__Mode mode,
    void (*show)(const Parallax__V1__Object *found, const struct object_records *records, bool json),
    bool json)
{
    Parallax__V1__ObjectsRequest q = PARALLAX__V1__OBJECTS_REQUEST__INIT;
    Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_OBJECTS);
    struct object_records *records;
    Parallax__V1__Answer *answer;
    int status;

    q.object = (char *)(uintptr_t)object;
    q.mode = mode;
    request.objects = &q;
    answer = client_ask(c, &request, &status);
    if (answer == NULL)
        return status;
    if (answer->objects->n_objects != 1 || answer->objects->policy == NULL) {
        client_answer_free(answer);
        return args_fail(a, "the node's answer is not well-formed: no object");
    }
    const Parallax__V1__Object *found = answer->objects->objects[0];

    if (answer->objects->behind)
        fprintf(stderr, "not complete yet: identifiers of records that came just now are being sorted in\n");
    records = mem_new(sizeof *records);
    status = object_records_ask(records, c, found->id, mode, answer->objects);
    if (status == EXIT_DONE && records->n == 0 && !found->known)
        status = args_fail(a, "nothing here is about %s", object);
    else if (status == EXIT_DONE)
        show(found, records, json);
    object_records_release(records);
    free(records);
    client_answer_free(answer);
    return status;
}

int
object_show(const struct args *a, struct client *c, const char *object, Parallax__V1__Mode mode, bool json)
{
    return ask(a, c, object, mode, print, json);
}

static void
show_why(const Parallax__V1__Object *found, const struct object_records *records, bool json)
{
    (void)json;
    explain(found, records);
}

int
object_show_why(const struct args *a, struct client *c, const char *object, Parallax__V1__Mode mode)
{
    return ask(a, c, object, mode, show_why, false);
}
