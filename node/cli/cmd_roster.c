/* roster new, add, remove: texts of new versions, for stewards to sign. */
#include <string.h>

#include "base/limit.h"
#include "cli/draft.h"

/* Add the member and the steward of a join request. */
static int
join(const struct args *a, struct roster *r, const char *path)
{
    struct document d;
    int status = document_read(&d, path);
    if (status == EXIT_DONE &&
        (d.roster->members_n != 1 || d.roster->stewards_n != 1 || d.roster->version != 1))
        status = args_fail(a, "%s is no join request: expected one member and one steward", path);
    if (status == EXIT_DONE && roster_member(r, d.roster->member[0].name) != NULL)
        status = args_fail(a, "%s: %s is listed already", path, d.roster->member[0].name);
    if (status == EXIT_DONE && (r->members_n == LIMIT_MEMBER_COUNT || r->stewards_n == LIMIT_MEMBER_COUNT))
        status = args_fail(a, "%s: a roster holds at most %d members", path, LIMIT_MEMBER_COUNT);
    if (status == EXIT_DONE) {
        r->member[r->members_n++] = d.roster->member[0];
        r->steward[r->stewards_n++] = d.roster->steward[0];
    }
    document_release(&d);
    return status;
}

int
cmd_roster_new(int argc, char **argv)
{
    struct args a;
    int status;
    if (!args_read(&a, "roster new", 1, LIMIT_MEMBER_COUNT, argc, argv, &status))
        return status;
    const char *title = args_get(&a, "title");
    if (title == NULL || !args_has(&a, "out"))
        return args_usage(&a, "--%s is missing", title == NULL ? "title" : "out");
    struct roster *r = roster_new();
    if (title[0] == '\0' || strlen(title) >= sizeof r->title) {
        status = args_usage(&a, "--title: expected 1 to %zu bytes", sizeof r->title - 1);
        roster_free(r);
        return status;
    }
    memcpy(r->title, title, strlen(title) + 1);
    r->version = 1;
    for (int i = 0; i < a.n && status == EXIT_DONE; i++)
        status = join(&a, r, a.at[i]);
    if (status == EXIT_DONE)
        status = draft_terms(&a, r, 0);
    if (status == EXIT_DONE)
        status = draft_write(&a, r);
    roster_free(r);
    return status;
}

int
cmd_roster_add(int argc, char **argv)
{
    struct args a;
    struct document d = {.roster = NULL};
    int status;
    if (!args_read(&a, "roster add", 2, 2, argc, argv, &status))
        return status;
    status = draft_begin(&a, &d, a.at[0]);
    unsigned before = d.roster != NULL ? d.roster->stewards_n : 0;
    if (status == EXIT_DONE)
        status = join(&a, d.roster, a.at[1]);
    if (status == EXIT_DONE)
        status = draft_terms(&a, d.roster, before);
    if (status == EXIT_DONE)
        status = draft_write(&a, d.roster);
    document_release(&d);
    return status;
}

/* Mark the member as removed and take its steward away. */
static int
leave(const struct args *a, struct roster *r, const char *name)
{
    bool found = false;
    for (unsigned i = 0; i < r->members_n; i++) {
        if (strcmp(r->member[i].name, name) != 0 || r->member[i].removed)
            continue;
        r->member[i].removed = true;
        found = true;
    }
    if (!found)
        return args_fail(a, "%.80s is no current member", name);
    for (unsigned i = 0; i < r->stewards_n; i++) {
        if (strcmp(r->steward[i].name, name) != 0)
            continue;
        r->stewards_n--;
        memmove(&r->steward[i], &r->steward[i + 1], (r->stewards_n - i) * sizeof r->steward[0]);
        break;
    }
    return r->stewards_n > 0 ? EXIT_DONE
                             : args_fail(a, "%s is the last steward: expected one that remains", name);
}

int
cmd_roster_remove(int argc, char **argv)
{
    struct args a;
    struct document d = {.roster = NULL};
    int status;
    if (!args_read(&a, "roster remove", 2, 2, argc, argv, &status))
        return status;
    status = draft_begin(&a, &d, a.at[0]);
    unsigned before = d.roster != NULL ? d.roster->stewards_n : 0;
    if (status == EXIT_DONE)
        status = leave(&a, d.roster, a.at[1]);
    if (status == EXIT_DONE && args_has(&a, "ends"))
        status = draft_ends(&a, d.roster, a.at[1], NULL);
    if (status == EXIT_DONE)
        status = draft_terms(&a, d.roster, before);
    if (status == EXIT_DONE)
        status = draft_write(&a, d.roster);
    document_release(&d);
    return status;
}
