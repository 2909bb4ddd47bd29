/* roster keys: the keys that a member asks for, into the next version. */
#include <string.h>

#include "cli/draft.h"

static struct roster_member *
find(struct roster *r, const char *name)
{
    for (unsigned i = 0; i < r->members_n; i++) {
        if (strcmp(r->member[i].name, name) == 0 && !r->member[i].removed)
            return &r->member[i];
    }
    return NULL;
}

/* What was revoked stays listed as that, whatever the request says. */
static bool
keeps_revoked(const struct roster_keys *old, const struct roster_keys *asked)
{
    for (unsigned i = 0; i < old->n; i++) {
        bool found = !old->key[i].revoked;
        for (unsigned k = 0; k < asked->n; k++)
            found = found ||
                    (memcmp(asked->key[k].key, old->key[i].key, SIG_KEY_BYTES) == 0 && asked->key[k].revoked);
        if (!found)
            return false;
    }
    return true;
}

static int
take(const struct args *a, struct roster *r, const struct roster *request)
{
    const struct roster_member *asked = &request->member[0];
    struct roster_member *m;

    if (request->version != 1 || request->members_n != 1 || request->stewards_n != 1)
        return args_fail(a, "%s is no key request: expected one member and one steward", a->at[1]);
    m = find(r, asked->name);
    if (m == NULL)
        return args_fail(a, "%s: %s is no current member", a->at[1], asked->name);
    if (!keeps_revoked(&m->log, &asked->log) || !keeps_revoked(&m->witness, &asked->witness))
        return args_fail(a, "%s: a key that the roster revoked is not revoked there", a->at[1]);
    m->log = asked->log;
    m->witness = asked->witness;
    m->transport = asked->transport;
    m->wrap = asked->wrap;
    for (unsigned i = 0; i < r->stewards_n; i++) {
        if (strcmp(r->steward[i].name, asked->name) == 0)
            r->steward[i].key = request->steward[0].key;
    }
    return EXIT_DONE;
}

int
cmd_roster_keys(int argc, char **argv)
{
    struct args a;
    struct document d = {.roster = NULL}, request = {.roster = NULL};
    int status;
    if (!args_read(&a, "roster keys", 2, 2, argc, argv, &status))
        return status;
    status = draft_begin(&a, &d, a.at[0]);
    if (status == EXIT_DONE)
        status = document_read(&request, a.at[1]);
    if (status == EXIT_DONE)
        status = take(&a, d.roster, request.roster);
    if (status == EXIT_DONE)
        status = draft_terms(&a, d.roster, d.roster->stewards_n);
    if (status == EXIT_DONE)
        status = draft_write(&a, d.roster);
    document_release(&d);
    document_release(&request);
    return status;
}
