#include "plug/filter.h"

static bool
has(const struct stanza_list *list, const char *word)
{
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->at[i], word) == 0)
            return true;
    }
    return list->n == 0;
}

/* "fr-cnes/open/alert" is of the class alert. */
static const char *
class_of(const char *series)
{
    const char *slash = strrchr(series, '/');

    return slash != NULL ? slash + 1 : "";
}

bool
filter_fits(const struct stanza *s, const struct row *r, struct utc now)
{
    struct where_record record = row_where(r, now);
    int mode = row_mode(r);

    return r->header != NULL && mode > 0 && mode < 32 && (s->modes >> mode & 1) != 0 &&
           has(&s->types, r->header->type) && has(&s->origins, r->in->origin) &&
           has(&s->classes, class_of(r->in->series)) && sift_fits(&s->sift, &record);
}

bool
filter_is_about(const struct stanza *s, const struct row *r)
{
    struct subject subject = {0};

    if (s->object[0] == '\0')
        return true;
    if (r->type == NULL || r->msg == NULL || r->type->subject(r->msg, &subject) != 0)
        return false;
    for (size_t i = 0; i < SUBJECT_OBJECT_MAX; i++) {
        if (strcmp(subject.object[i], s->object) == 0)
            return true;
    }
    return false;
}
