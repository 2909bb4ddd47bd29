/* init: a node's directory with its five keys, its configuration, and the request to join a federation. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limit.h"
#include "base/text.h"
#include "cli/args.h"
#include "cli/screen.h"
#include "core/roster.h"

enum { KEY_LOG, KEY_WITNESS, KEY_STEWARD, KEY_TRANSPORT, KEY_WRAP, KEY_COUNT };

static const char *const kinds[KEY_COUNT] = {"log", "witness", "steward", "transport", "wrap"};

#define REQUEST_DAYS 366
#define PATH_BYTES   4096

struct init {
    struct args args;
    const char *dir, *name, *listen, *endpoint;
    struct secret *key[KEY_COUNT];
    struct buf request, conf;
};

/* Nobody can dial "every address of this machine". */
static bool
is_wildcard(const char *address)
{
    return strncmp(address, "tcp://*:", 8) == 0 || strncmp(address, "tcp://0.0.0.0:", 14) == 0 ||
           strncmp(address, "tcp://[::]:", 11) == 0;
}

static int
read_options(struct init *i)
{
    const struct args *a = &i->args;
    i->dir = a->at[0];
    i->name = args_get(a, "name");
    i->listen = args_get(a, "listen");
    i->endpoint = args_get(a, "endpoint");
    if (i->name == NULL)
        return args_usage(a, "--name is missing: expected <iso country>-<agency>, such as fr-cnes");
    if (!text_is_node_name(span_str(i->name)))
        return args_usage(a, "--name %.80s: expected <iso country>-<agency> in lower case, such as fr-cnes",
                          i->name);
    if (i->listen == NULL)
        i->listen = "tcp://127.0.0.1:7600";
    if (strncmp(i->listen, "tcp://", 6) != 0 || strrchr(i->listen, ':') == i->listen + 3)
        return args_usage(a, "--listen %.128s: expected tcp://address:port", i->listen);
    if (i->endpoint == NULL && is_wildcard(i->listen))
        return args_usage(a,
                          "--listen %.128s is no address that a peer can dial: expected --endpoint beside it",
                          i->listen);
    if (i->endpoint == NULL)
        i->endpoint = i->listen;
    return EXIT_DONE;
}

static int
set_text(const struct args *a, const char *option, const char *fallback, char *out, size_t size)
{
    const char *text = args_get(a, option);
    if (text == NULL)
        text = fallback;
    if (strlen(text) >= size)
        return args_usage(a, "--%s is %zu bytes long: expected at most %zu", option, strlen(text), size - 1);
    memcpy(out, text, strlen(text) + 1);
    return EXIT_DONE;
}

static void
set_curve(struct roster_keys *keys, const struct secret *secret)
{
    keys->n = 1;
    secret_curve_public(secret, keys->key[0].key);
}

static int
fill_member(const struct init *i, struct roster_member *m)
{
    snprintf(m->name, sizeof m->name, "%s", i->name);
    m->country[0] = (char)(i->name[0] - 'a' + 'A');
    m->country[1] = (char)(i->name[1] - 'a' + 'A');
    if (strlen(i->endpoint) >= sizeof m->endpoint)
        return args_usage(&i->args, "--endpoint is longer than %zu bytes", sizeof m->endpoint - 1);
    snprintf(m->endpoint, sizeof m->endpoint, "%s", i->endpoint);
    int status = set_text(&i->args, "agency", i->name, m->agency, sizeof m->agency);
    if (status == EXIT_DONE)
        status = set_text(&i->args, "class", "government", m->source_class, sizeof m->source_class);
    if (status == EXIT_DONE)
        status = set_text(&i->args, "contact", "", m->contact, sizeof m->contact);
    m->log.n = m->witness.n = 1;
    roster_key_make(i->name, "log", i->key[KEY_LOG], &m->log.key[0]);
    roster_key_make(i->name, "witness", i->key[KEY_WITNESS], &m->witness.key[0]);
    set_curve(&m->transport, i->key[KEY_TRANSPORT]);
    set_curve(&m->wrap, i->key[KEY_WRAP]);
    return status;
}

/* A join request is the text of a roster of one: the same reader and writer, the same proofs of possession.
 */
static int
make_request(struct init *i)
{
    struct roster *r = roster_new();
    struct roster *check = roster_new();
    struct why why;
    why_clear(&why);
    r->version = 1;
    r->threshold = r->members_n = r->stewards_n = 1;
    snprintf(r->title, sizeof r->title, "Join request of %s", i->name);
    struct utc now = utc_from_unix((int64_t)time(NULL), 0);
    r->expires = (struct utc){now.mjd + REQUEST_DAYS, 0};
    snprintf(r->steward[0].name, sizeof r->steward[0].name, "%s", i->name);
    sig_public(i->key[KEY_STEWARD], r->steward[0].key.key);
    int status = fill_member(i, &r->member[0]);
    if (status == EXIT_DONE) {
        buf_put_fmt(&i->request,
                    "# %s asks to join a federation: `parallax roster new` and `roster add` read this.\n",
                    i->name);
        roster_write(r, &i->request);
        if (roster_parse_text(buf_span(&i->request), check, &why) != 0)
            status = args_usage(&i->args, "%s%s%s", why.field, why.field[0] != '\0' ? ": " : "", why.note);
    }
    roster_free(check);
    roster_free(r);
    return status;
}

static void
make_conf(struct init *i)
{
    buf_put_fmt(&i->conf,
                "# The node %s. config/node.example.yaml lists every key with its meaning.\nname: "
                "%s\nlisten: \"%s\"\n",
                i->name, i->name, i->listen);
}

/* The directory is new, or there and empty. */
static int
make_directory(const struct init *i)
{
    if (mkdir(i->dir, 0700) == 0)
        return EXIT_DONE;
    if (errno != EEXIST)
        return args_fail(&i->args, "%s: %s", i->dir, strerror(errno));
    DIR *d = opendir(i->dir);
    if (d == NULL)
        return args_fail(&i->args, "%s: %s", i->dir, strerror(errno));
    size_t n = 0;
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    if (n > 0)
        return args_fail(&i->args, "%s is there and holds something: expected a new or an empty directory",
                         i->dir);
    return chmod(i->dir, 0700) == 0 ? EXIT_DONE : args_fail(&i->args, "%s: %s", i->dir, strerror(errno));
}

static int
save(const struct init *i, const char *name, const struct buf *content)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", i->dir, name);
    if (file_create(path, buf_span(content), 0644) != 0)
        return args_fail(&i->args, "%s: %s", path, strerror(errno));
    return EXIT_DONE;
}

static int
save_keys(const struct init *i)
{
    char path[PATH_BYTES];
    struct why why;
    why_clear(&why);
    snprintf(path, sizeof path, "%s/keys", i->dir);
    if (mkdir(path, 0700) != 0)
        return args_fail(&i->args, "%s: %s", path, strerror(errno));
    for (size_t k = 0; k < KEY_COUNT; k++) {
        snprintf(path, sizeof path, "%s/keys/%s.key", i->dir, kinds[k]);
        if (secret_save(i->key[k], kinds[k], path, &why) != 0)
            return args_refuse(&why, path);
    }
    return EXIT_DONE;
}

static void
print_next(const struct init *i)
{
    printf(
        "%s is made: keys, node.yaml, join-request.yaml.\n"
        "Next: send %s/join-request.yaml to whoever keeps the federation's roster, or begin a federation "
        "yourself:\n"
        "  parallax roster new --title TEXT %s/join-request.yaml OTHER-JOIN-REQUEST... -o federation.roster\n"
        "Then sign the roster, install it and start the node:\n"
        "  parallax roster sign federation.roster --key %s/keys/steward.key --as %s\n"
        "  parallax roster install federation.roster --node %s\n"
        "  parallaxd --config %s/node.yaml\n"
        "The keys are in this directory only: keep a copy of keys/steward.key offline.\n",
        i->dir, i->dir, i->dir, i->dir, i->name, i->dir, i->dir);
}

int
cmd_init(int argc, char **argv)
{
    struct init i = {.dir = NULL};
    int status;
    if (!args_read(&i.args, "init", 1, 1, argc, argv, &status))
        return status;
    status = read_options(&i);
    if (status != EXIT_DONE)
        return status;
    if (strlen(i.dir) > PATH_BYTES - 64)
        return args_usage(&i.args, "the directory's name is longer than %d bytes", PATH_BYTES - 64);
    buf_init(&i.request, LIMIT_ROSTER_BYTES);
    buf_init(&i.conf, LIMIT_CONF_BYTES);
    for (size_t k = 0; k < KEY_COUNT; k++)
        i.key[k] = secret_new_random();
    status = make_request(&i);
    make_conf(&i);
    if (status == EXIT_DONE)
        status = make_directory(&i);
    if (status == EXIT_DONE)
        status = save_keys(&i);
    if (status == EXIT_DONE)
        status = save(&i, "node.yaml", &i.conf);
    if (status == EXIT_DONE)
        status = save(&i, "join-request.yaml", &i.request);
    if (status == EXIT_DONE)
        print_next(&i);
    for (size_t k = 0; k < KEY_COUNT; k++)
        secret_free(i.key[k]);
    buf_release(&i.request);
    buf_release(&i.conf);
    return status;
}
