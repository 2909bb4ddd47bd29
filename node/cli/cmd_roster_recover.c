/* roster recover: the stewards end logs of a member at heads that they name, or take a key from it. */
#include <string.h>

#include "cli/draft.h"

static struct roster_member *
find(struct roster *r, const char *name)
{
    for (unsigned i = 0; i < r->members_n; i++) {
        if (strcmp(r->member[i].name, name) == 0)
            return &r->member[i];
    }
    return NULL;
}

static struct roster_key *
find_key(struct roster_keys *keys, const uint8_t key[SIG_KEY_BYTES])
{
    for (unsigned i = 0; i < keys->n; i++) {
        if (memcmp(keys->key[i].key, key, SIG_KEY_BYTES) == 0)
            return &keys->key[i];
    }
    return NULL;
}

static int
revoke(const struct args *a, struct roster_member *m, const char *text)
{
    uint8_t key[SIG_KEY_BYTES];
    struct roster_key *found;

    if (draft_key(text, key) != 0)
        return args_usage(a, "--revoke: expected a public key in base64, as the roster lists it");
    found = find_key(&m->log, key);
    if (found == NULL)
        found = find_key(&m->witness, key);
    if (found == NULL || found->revoked)
        return args_fail(a, "%s has no such log or witness key in use", m->name);
    found->revoked = true;
    return EXIT_DONE;
}

/* The key that signs what goes on: the one named, else the newest in use. NULL with ${status} when there is none. */
static const uint8_t *
next_key(const struct args *a, struct roster_member *m, int *status)
{
    const char *text = args_get(a, "key");
    uint8_t key[SIG_KEY_BYTES];
    struct roster_key *found = NULL;

    *status = EXIT_DONE;
    if (text != NULL && strcmp(text, "none") == 0)
        return NULL;
    if (text != NULL && draft_key(text, key) == 0)
        found = find_key(&m->log, key);
    for (unsigned i = 0; text == NULL && i < m->log.n; i++)
        found = m->log.key[i].revoked ? found : &m->log.key[i];
    if (found != NULL && !found->revoked && !m->removed)
        return found->key;
    *status =
        text != NULL ? args_fail(a, "--key: expected a log key of %s in use, or none", m->name) : EXIT_DONE;
    return NULL;
}

int
cmd_roster_recover(int argc, char **argv)
{
    struct args a;
    struct document d = {.roster = NULL};
    struct roster_member *m = NULL;
    const uint8_t *key;
    int status;
    if (!args_read(&a, "roster recover", 2, 2, argc, argv, &status))
        return status;
    if (!args_has(&a, "ends") && !args_has(&a, "revoke"))
        return args_usage(&a, "nothing to do: expected --ends FILE, --revoke KEY or both");
    status = draft_begin(&a, &d, a.at[0]);
    if (status == EXIT_DONE && (m = find(d.roster, a.at[1])) == NULL)
        status = args_fail(&a, "%.80s is not in the roster", a.at[1]);
    if (status == EXIT_DONE && args_has(&a, "revoke"))
        status = revoke(&a, m, args_get(&a, "revoke"));
    if (status == EXIT_DONE && args_has(&a, "ends")) {
        key = next_key(&a, m, &status);
        if (status == EXIT_DONE)
            status = draft_ends(&a, d.roster, a.at[1], key);
    }
    if (status == EXIT_DONE)
        status = draft_terms(&a, d.roster, d.roster->stewards_n);
    if (status == EXIT_DONE)
        status = draft_write(&a, d.roster);
    document_release(&d);
    return status;
}
