/* record and holders: one record by its id. The core's thread. */
#include "daemon/api_internal.h"

int
api_record_answer(struct api_call *c)
{
    const Parallax__V1__RecordId *id = c->request->record->id;
    struct node_log_status log;
    struct api_page page;

    if (api_answer_leaf(c, id, &log) != 0 || api_page_init(&page, c, 1) != 0 ||
        api_page_fetch(&page, log.row->no, id->index) != 0)
        return -1;
    if (page.n == 0)
        return api_answer_refuse(c, WHY_FIELD_RANGE, "index", "this record is not held here");
    return api_page_end(&page, span_of(NULL, 0));
}

int
api_record_holders(struct api_call *c)
{
    const Parallax__V1__RecordId *id = c->request->holders->id;
    Parallax__V1__HoldersAnswer *out = api_answer_alloc(c, sizeof *out);
    struct node_log_status log;
    Parallax__V1__LogStatus *status;

    if (out == NULL || api_answer_leaf(c, id, &log) != 0)
        return -1;
    status = api_status_log(c, &log);
    if (status == NULL)
        return -1;
    parallax__v1__holders_answer__init(out);
    out->index = id->index;
    out->holders = status->holders;
    for (size_t i = 0; i < status->n_holders; i++) {
        if (status->holders[i]->stored > id->index)
            out->holders[out->n_holders++] = status->holders[i];
    }
    c->answer->what_case = PARALLAX__V1__ANSWER__WHAT_HOLDERS;
    c->answer->holders = out;
    return 0;
}
