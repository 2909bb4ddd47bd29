/* key list, new, switch, drop: one key takes the place of another while the roster lists both. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limit.h"
#include "base/text.h"
#include "cli/document.h"
#include "cli/screen.h"
#include "cli/sealed.h"
#include "cli/storefile.h"
#include "core/object.h"

enum { KIND_LOG, KIND_WITNESS, KIND_TRANSPORT, KIND_WRAP, KIND_STEWARD, KIND_COUNT };

static const char *const kinds[KIND_COUNT] = {"log", "witness", "transport", "wrap", "steward"};
/* Of a key file: KIND.STATEkey. There are several old ones of a wrap key only. */
enum { STATE_NOW, STATE_NEXT, STATE_OLD, STATE_COUNT = STATE_OLD + LIMIT_WRAP_KEY_COUNT - 1 };
static const char *const states[STATE_COUNT] = {"", "next.", "old.", "old-2.", "old-3."};
static const char *const state_words[STATE_COUNT] = {"in use", "made", "old", "old", "old"};

#define PATH_BYTES DOCUMENT_PATH_MAX

/* A node's directory, and what the newest roster in it says of the node. */
struct place {
    struct args args;
    const char *dir;
    int kind;
    struct document last;
    struct roster_member *member; /* in last */
};

static void
key_path(const struct place *p, int kind, int state, char out[PATH_BYTES])
{
    (void)snprintf(out, PATH_BYTES, "%.3900s/keys/%s.%skey", p->dir, kinds[kind], states[state]);
}

static bool
is_curve(int kind)
{
    return kind == KIND_TRANSPORT || kind == KIND_WRAP;
}

static void
public_of(int kind, const struct secret *s, uint8_t key[SIG_KEY_BYTES])
{
    if (is_curve(kind))
        secret_curve_public(s, key);
    else
        sig_public(s, key);
}

static struct secret *
load(const struct place *p, int kind, int state)
{
    char path[PATH_BYTES];
    struct secret *s;
    struct why why;

    why_clear(&why);
    key_path(p, kind, state, path);
    s = secret_load(kinds[kind], path, &why);
    if (s == NULL)
        (void)args_fail(&p->args, "%s: %s", path, why.note);
    return s;
}

/* Keys of that kind that the roster lists for us; a steward's are none of a member. */
static struct roster_keys *
keys_of(struct roster_member *m, int kind)
{
    return kind == KIND_LOG         ? &m->log
           : kind == KIND_WITNESS   ? &m->witness
           : kind == KIND_TRANSPORT ? &m->transport
                                    : &m->wrap;
}

static bool
is_listed(const struct place *p, int kind, const uint8_t key[SIG_KEY_BYTES])
{
    const struct roster_keys *keys = kind == KIND_STEWARD ? NULL : keys_of(p->member, kind);

    for (unsigned i = 0; keys != NULL && i < keys->n; i++) {
        if (memcmp(keys->key[i].key, key, SIG_KEY_BYTES) == 0)
            return !keys->key[i].revoked;
    }
    for (unsigned i = 0; keys == NULL && i < p->last.roster->stewards_n; i++) {
        if (memcmp(p->last.roster->steward[i].key.key, key, SIG_KEY_BYTES) == 0)
            return true;
    }
    return false;
}

/* Which member of the roster the directory is: the one with its transport key. */
static int
find_member(struct place *p)
{
    struct secret *s = load(p, KIND_TRANSPORT, 0);
    uint8_t key[SIG_KEY_BYTES];

    if (s == NULL)
        return EXIT_FAILED;
    secret_curve_public(s, key);
    secret_free(s);
    for (unsigned i = 0; i < p->last.roster->members_n; i++) {
        struct roster_member *m = &p->last.roster->member[i];
        for (unsigned k = 0; k < m->transport.n; k++) {
            if (memcmp(m->transport.key[k].key, key, SIG_KEY_BYTES) == 0 && !m->removed)
                p->member = m;
        }
    }
    return p->member != NULL
               ? EXIT_DONE
               : args_fail(&p->args, "the newest roster in %s lists no member with its keys", p->dir);
}

/* Read the arguments and the directory. EXIT_DONE, or the word is done with that code. */
static int
begin(struct place *p, const char *word, int arguments, int argc, char **argv)
{
    int status;

    memset(p, 0, sizeof *p);
    if (!args_read(&p->args, word, arguments, arguments, argc, argv, &status))
        return status == EXIT_DONE ? -1 : status;
    p->dir = p->args.at[0];
    for (p->kind = 0; arguments > 1 && p->kind < KIND_COUNT; p->kind++) {
        if (strcmp(kinds[p->kind], p->args.at[1]) == 0)
            break;
    }
    if (p->kind == KIND_COUNT)
        return args_usage(&p->args, "%.40s: expected log, witness, transport, wrap or steward",
                          p->args.at[1]);
    status = document_chain(&p->args, p->dir, &p->last);
    if (status == EXIT_DONE && p->last.roster == NULL)
        status = args_fail(&p->args, "%s holds no roster: its keys are in join-request.yaml", p->dir);
    return status == EXIT_DONE ? find_member(p) : status;
}

static int
finish(struct place *p, int status)
{
    document_release(&p->last);
    return status < 0 ? EXIT_DONE : status;
}

/* key-request.yaml: the text of a roster of one, as a join request is. */
static int
write_request(const struct place *p, const struct roster_member *m, const uint8_t *steward)
{
    struct roster *r = roster_new(), *check = roster_new();
    char path[PATH_BYTES];
    struct buf text;
    struct why why;
    int status = EXIT_DONE;

    why_clear(&why);
    (void)snprintf(path, sizeof path, "%.3900s/key-request.yaml", p->dir);
    buf_init(&text, LIMIT_ROSTER_BYTES);
    (void)snprintf(r->title, sizeof r->title, "Keys of %s", m->name);
    r->version = r->threshold = r->members_n = r->stewards_n = 1;
    r->expires = p->last.roster->expires;
    r->member[0] = *m;
    (void)snprintf(r->steward[0].name, sizeof r->steward[0].name, "%s", m->name);
    memcpy(r->steward[0].key.key, steward, SIG_KEY_BYTES);
    roster_write(r, &text);
    if (roster_parse_text(buf_span(&text), check, &why) != 0)
        status = args_fail(&p->args, "%s%s%s", why.field, why.field[0] != 0 ? ": " : "", why.note);
    else if (file_write(path, buf_span(&text), 0644) != 0)
        status = args_fail(&p->args, "%s: %s", path, strerror(errno));
    else
        printf("%s is written.\nNext, a steward: parallax roster keys ROSTER %s -o FILE\n", path, path);
    buf_release(&text);
    roster_free(r);
    roster_free(check);
    return status;
}

/* The steward's key that the request names: that of ${state}. */
static int
steward_key(const struct place *p, int state, uint8_t key[SIG_KEY_BYTES])
{
    struct secret *s = load(p, KIND_STEWARD, state);

    if (s == NULL)
        return EXIT_FAILED;
    sig_public(s, key);
    secret_free(s);
    return EXIT_DONE;
}

/* Append the public half of ${s} to what ${m} lists. */
static int
add_key(const struct place *p, struct roster_member *m, const struct secret *s)
{
    struct roster_keys *keys = keys_of(m, p->kind);

    if (keys->n == LIMIT_KEY_COUNT)
        return args_fail(&p->args, "the roster lists %d %s keys already, and no more fit", LIMIT_KEY_COUNT,
                         kinds[p->kind]);
    if (is_curve(p->kind))
        public_of(p->kind, s, keys->key[keys->n].key);
    else
        roster_key_make(m->name, kinds[p->kind], s, &keys->key[keys->n]);
    keys->n++;
    return EXIT_DONE;
}

int
cmd_key_new(int argc, char **argv)
{
    struct place p;
    struct roster_member m;
    struct secret *fresh = NULL;
    uint8_t steward[SIG_KEY_BYTES];
    char path[PATH_BYTES];
    struct why why;
    int status = begin(&p, "key new", 2, argc, argv);
    if (status != EXIT_DONE)
        return finish(&p, status);
    why_clear(&why);
    m = *p.member;
    fresh = secret_new_random();
    key_path(&p, p.kind, 1, path);
    if (p.kind != KIND_STEWARD)
        status = add_key(&p, &m, fresh);
    if (status == EXIT_DONE && access(path, F_OK) == 0)
        status = args_fail(&p.args, "%s is there already: `key switch`, or delete it", path);
    if (status == EXIT_DONE && secret_save(fresh, kinds[p.kind], path, &why) != 0)
        status = args_fail(&p.args, "%s: %s", path, why.note);
    if (status == EXIT_DONE)
        status = steward_key(&p, p.kind == KIND_STEWARD, steward);
    if (status == EXIT_DONE)
        status = write_request(&p, &m, steward);
    secret_free(fresh);
    return finish(&p, status);
}

int
cmd_key_switch(int argc, char **argv)
{
    struct place p;
    char now[PATH_BYTES], next[PATH_BYTES], old[PATH_BYTES];
    uint8_t key[SIG_KEY_BYTES];
    struct secret *s = NULL;
    int last;
    int status = begin(&p, "key switch", 2, argc, argv);
    if (status == EXIT_DONE && (s = load(&p, p.kind, 1)) == NULL)
        status = EXIT_FAILED;
    if (status != EXIT_DONE)
        return finish(&p, status);
    public_of(p.kind, s, key);
    secret_free(s);
    key_path(&p, p.kind, 0, now);
    key_path(&p, p.kind, 1, next);
    last = p.kind == KIND_WRAP ? STATE_COUNT - 1 : STATE_OLD;
    for (int state = STATE_OLD; state <= last; state++) {
        key_path(&p, p.kind, state, old);
        if (access(old, F_OK) != 0)
            break;
    }
    /* What a node opens it opens with each of its wrap keys: it may have the new one before anybody seals for it. */
    if (p.kind != KIND_WRAP && !is_listed(&p, p.kind, key))
        status = args_fail(&p.args, "version %llu of the roster does not list the new key yet",
                           (unsigned long long)p.last.roster->version);
    else if (access(old, F_OK) == 0)
        status = args_fail(&p.args, "%s is still there: keep it in a safe place, or `key drop` it", old);
    else if (link(now, old) != 0 || rename(next, now) != 0)
        status = args_fail(&p.args, "%s: %s", now, strerror(errno));
    else
        printf("%s is the new key from the next start of the node on; the old one is %s.\n", now, old);
    return finish(&p, status);
}

static void
take_out(struct roster_keys *keys, const uint8_t key[SIG_KEY_BYTES])
{
    for (unsigned i = 0; i < keys->n; i++) {
        if (memcmp(keys->key[i].key, key, SIG_KEY_BYTES) != 0)
            continue;
        memmove(&keys->key[i], &keys->key[i + 1], (--keys->n - i) * sizeof keys->key[0]);
        return;
    }
}

static int
forget_file(const struct place *p, int state)
{
    char path[PATH_BYTES];

    key_path(p, p->kind, state, path);
    return unlink(path) == 0 ? EXIT_DONE : args_fail(&p->args, "%s: %s", path, strerror(errno));
}

/* The old wrap key ${old} of ${state} goes when the roster does not list it and nothing held needs it; or with --forget. */
static int
forget_wrap(const struct place *p, int state, const struct secret *old, const uint8_t (*kept)[32],
            size_t kept_n)
{
    char path[PATH_BYTES], store[STOREFILE_PATH_MAX];
    uint8_t key[SIG_KEY_BYTES];
    struct sealed_need need;
    struct conf conf;
    int status;

    public_of(KIND_WRAP, old, key);
    key_path(p, KIND_WRAP, state, path);
    if (is_listed(p, KIND_WRAP, key)) {
        printf(
            "%s stays: version %llu of the roster lists it, so nodes seal for it. Drop it again when a later "
            "version is in force.\n",
            path, (unsigned long long)p->last.roster->version);
        return EXIT_DONE;
    }
    status = storefile_find(&p->args, p->dir, &conf, store);
    if (status == EXIT_DONE && sealed_find(store, p->member->name, old, kept, kept_n, &need) != 0)
        status = args_fail(&p->args, "%s: it cannot be read, so nobody knows what %s opens", store, path);
    if (status != EXIT_DONE)
        return status;
    if (need.logs + need.embargoes == 0)
        return forget_file(p, state);
    printf(
        "%s %s: only with it this node opens %llu logs of named audiences and %llu records of its own under "
        "embargo%s\n",
        path, args_has(&p->args, "forget") ? "is deleted" : "stays", (unsigned long long)need.logs,
        (unsigned long long)need.embargoes, args_has(&p->args, "forget") ? "." : " (--forget deletes it).");
    return args_has(&p->args, "forget") ? forget_file(p, state) : EXIT_DONE;
}

static int
request_without(struct place *p, const struct roster_member *m, bool differs)
{
    uint8_t steward[SIG_KEY_BYTES];
    int status = differs ? steward_key(p, STATE_NOW, steward) : EXIT_DONE;

    return differs && status == EXIT_DONE ? write_request(p, m, steward) : status;
}

/* Old wrap keys leave the roster at once; each file stays for as long as something held needs it. */
static int
drop_wrap(struct place *p)
{
    struct secret *old[STATE_COUNT] = {NULL};
    struct roster_member m = *p->member;
    uint8_t kept[2][32];
    char path[PATH_BYTES];
    size_t kept_n = 0, olds = 0;
    bool differs = false;
    int status = EXIT_DONE;

    for (int state = 0; state < STATE_COUNT && status == EXIT_DONE; state++) {
        uint8_t key[SIG_KEY_BYTES];
        key_path(p, KIND_WRAP, state, path);
        if (access(path, F_OK) != 0)
            continue;
        old[state] = load(p, KIND_WRAP, state);
        if (old[state] == NULL) {
            status = EXIT_FAILED;
            break;
        }
        public_of(KIND_WRAP, old[state], key);
        if (state >= STATE_OLD) {
            olds++;
            differs = differs || is_listed(p, KIND_WRAP, key);
            take_out(&m.wrap, key);
            continue;
        }
        memcpy(kept[kept_n++], key, sizeof key);
        if (!is_listed(p, KIND_WRAP, key) && m.wrap.n < LIMIT_KEY_COUNT && state == STATE_NOW) {
            memcpy(m.wrap.key[m.wrap.n].key, key, sizeof key);
            m.wrap.n++;
            differs = true;
        }
    }
    if (status == EXIT_DONE && olds == 0)
        status = args_fail(&p->args, "%s/keys holds no old wrap key", p->dir);
    if (status == EXIT_DONE)
        status = request_without(p, &m, differs);
    for (int state = STATE_OLD; state < STATE_COUNT && status == EXIT_DONE; state++) {
        if (old[state] != NULL)
            status = forget_wrap(p, state, old[state], (const uint8_t(*)[32])kept, kept_n);
    }
    for (int state = 0; state < STATE_COUNT; state++)
        secret_free(old[state]);
    return status;
}

int
cmd_key_drop(int argc, char **argv)
{
    struct place p;
    struct roster_member m;
    uint8_t key[SIG_KEY_BYTES], steward[SIG_KEY_BYTES];
    struct secret *s = NULL;
    int status = begin(&p, "key drop", 2, argc, argv);
    if (status == EXIT_DONE && p.kind == KIND_WRAP)
        return finish(&p, drop_wrap(&p));
    if (status == EXIT_DONE && p.kind != KIND_WITNESS && p.kind != KIND_TRANSPORT)
        status = args_usage(&p.args, "a %s key is not dropped: expected witness, transport or wrap",
                            kinds[p.kind]);
    if (status == EXIT_DONE &&
        ((s = load(&p, p.kind, STATE_OLD)) == NULL || steward_key(&p, STATE_NOW, steward) != EXIT_DONE))
        status = EXIT_FAILED;
    if (status != EXIT_DONE) {
        secret_free(s);
        return finish(&p, status);
    }
    public_of(p.kind, s, key);
    secret_free(s);
    m = *p.member;
    take_out(keys_of(&m, p.kind), key);
    status = write_request(&p, &m, steward);
    if (status == EXIT_DONE)
        status = forget_file(&p, STATE_OLD);
    return finish(&p, status);
}

static void
put_row(const struct place *p, int kind, int state, struct buf *out)
{
    char path[PATH_BYTES];
    uint8_t key[SIG_KEY_BYTES];
    struct secret *s;
    struct buf text;

    key_path(p, kind, state, path);
    if (access(path, F_OK) != 0 || (s = load(p, kind, state)) == NULL)
        return;
    public_of(kind, s, key);
    secret_free(s);
    buf_init(&text, 64);
    text_base64(&text, span_of(key, sizeof key));
    if (args_has(&p->args, "json")) {
        object_open(out, NULL);
        object_str(out, "kind", kinds[kind]);
        object_str(out, "state", state_words[state]);
        object_bool(out, "listed", is_listed(p, kind, key));
        object_str(out, "key", buf_cstr(&text));
        object_close(out);
        buf_put_byte(out, '\n');
    } else {
        buf_put_fmt(out, "%-10s %-7s %-11s %s\n", kinds[kind], state_words[state],
                    is_listed(p, kind, key) ? "in roster" : "not listed", buf_cstr(&text));
    }
    buf_release(&text);
}

int
cmd_key_list(int argc, char **argv)
{
    struct place p;
    struct buf out;
    int status = begin(&p, "key list", 1, argc, argv);
    if (status != EXIT_DONE)
        return finish(&p, status);
    buf_init(&out, 16384);
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        for (int state = 0; state < STATE_COUNT; state++)
            put_row(&p, kind, state, &out);
    }
    screen_flush(&out);
    buf_release(&out);
    return finish(&p, status);
}
