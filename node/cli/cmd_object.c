/* object merge, split, undo: a person's word on who an object is, as a signed record of type identity. */
#include <pwd.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limit.h"
#include "base/text.h"
#include "cli/pick.h"
#include "cli/screen.h"
#include "types/alias.h"

#define KEY_BYTES 32
#define FORMAT    "identity-json" /* what is written here; the registry knows whose it is */

struct saying {
    struct args args;
    const char *state; /* "MERGE" */
    char object[ALIAS_BYTES], other[ALIAS_BYTES];
    Parallax__V1__Mode mode;
    struct buf body;
};

static void
put_member(struct buf *out, const char *name, const char *value)
{
    buf_put_fmt(out, ",\"%s\":", name);
    text_json(out, span_str(value));
}

/* The pair is the key: a later word on it takes the place of an earlier one. */
static void
put_notice(const struct saying *s, struct buf *out)
{
    const struct passwd *user = getpwuid(geteuid());
    const char *issuer = args_get(&s->args, "issuer"), *reason = args_get(&s->args, "reason");
    char issued[UTC_TEXT_MAX], id[2 * ALIAS_BYTES];
    bool in_order = strcmp(s->object, s->other) < 0;

    utc_print(clock_utc(), 6, issued);
    (void)snprintf(id, sizeof id, "%s+%s", in_order ? s->object : s->other, in_order ? s->other : s->object);
    buf_put_str(out, "{\"notice\":\"IDENTITY/1\"");
    put_member(out, "id", id);
    put_member(out, "issued", issued);
    put_member(out, "issuer", issuer != NULL ? issuer : user != NULL ? user->pw_name : "unknown");
    put_member(out, "state", s->state);
    put_member(out, "object", s->object);
    put_member(out, "other", s->other);
    if (reason != NULL)
        put_member(out, "reason", reason);
    buf_put_byte(out, '}');
}

static int
pack(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct saying *s = cookie;
    size_t n = protobuf_c_message_get_packed_size(msg);
    uint8_t *at = n <= LIMIT_BODY_BYTES ? buf_add(&s->body, n) : NULL;

    (void)type;
    if (at == NULL)
        return why_set(why, WHY_BODY_SIZE, 0, 0, NULL, "the notice is too long");
    (void)protobuf_c_message_pack(msg, at);
    return 0;
}

static int
make(struct saying *s)
{
    struct convert how = {.strict = true};
    struct buf text;
    struct why why;
    int rc;

    why_clear(&why);
    buf_init(&text, LIMIT_VALUE_BYTES);
    put_notice(s, &text);
    rc = registry_read(buf_span(&text), FORMAT, &how, pack, s, &why);
    buf_release(&text);
    return rc == 0 ? EXIT_DONE : args_refuse(&why, "this notice");
}

static int
publish(struct saying *s, struct client *c)
{
    Parallax__V1__PublishRequest p = PARALLAX__V1__PUBLISH_REQUEST__INIT;
    Parallax__V1__PublishRecord record = PARALLAX__V1__PUBLISH_RECORD__INIT, *records[] = {&record};
    Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_PUBLISH);
    const char *audience = args_get(&s->args, "audience");
    const struct type *type = NULL;
    uint8_t key[KEY_BYTES];
    Parallax__V1__Answer *answer;
    struct buf line;
    int status;

    randombytes_buf(key, sizeof key);
    p.key.data = key;
    p.key.len = sizeof key;
    p.audience = (char *)(uintptr_t)(audience != NULL ? audience : "open");
    p.mode = s->mode;
    p.n_records = 1;
    p.records = records;
    (void)registry_reader(FORMAT, &type);
    record.type = (char *)(uintptr_t)type->name;
    record.body.data = s->body.p;
    record.body.len = s->body.n;
    request.publish = &p;
    answer = client_ask(c, &request, &status);
    if (answer == NULL)
        return status;
    buf_init(&line, LIMIT_LINE_BYTES);
    for (size_t i = 0; i < answer->publish->n_ranges; i++) {
        const Parallax__V1__PublishedRange *r = answer->publish->ranges[i];

        text_hex(&line, span_of(r->log.data, r->log.len));
        buf_put_fmt(&line, ":%llu\n", (unsigned long long)r->first);
    }
    client_answer_free(answer);
    screen_flush(&line);
    buf_release(&line);
    return EXIT_DONE;
}

static int
say(const char *word, const char *state, int argc, char **argv)
{
    struct saying s = {.state = state};
    struct client *c;
    int status;

    if (!args_read(&s.args, word, 2, 2, argc, argv, &status))
        return status;
    if ((status = pick_mode(&s.args, &s.mode)) != EXIT_DONE ||
        (status = pick_alias(&s.args, s.args.at[0], s.object)) != EXIT_DONE ||
        (status = pick_alias(&s.args, s.args.at[1], s.other)) != EXIT_DONE)
        return status;
    if (alias_class(s.object) >= ALIAS_NAME || alias_class(s.other) >= ALIAS_NAME)
        return args_usage(&s.args, "a name is not of one object alone: expected another identifier");
    if (strcmp(s.object, s.other) == 0)
        return args_usage(&s.args, "%s twice: expected two identifiers", s.object);
    buf_init(&s.body, LIMIT_BODY_BYTES);
    status = make(&s);
    if (status == EXIT_DONE && (c = client_new(&s.args, &status)) != NULL) {
        status = publish(&s, c);
        client_free(c);
    }
    buf_release(&s.body);
    return status;
}

int
cmd_object_merge(int argc, char **argv)
{
    return say("object merge", "MERGE", argc, argv);
}

int
cmd_object_split(int argc, char **argv)
{
    return say("object split", "SPLIT", argc, argv);
}

int
cmd_object_undo(int argc, char **argv)
{
    return say("object undo", "UNDONE", argc, argv);
}
