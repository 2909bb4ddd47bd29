/*
 * Inside node/types/neo_observation: the 80 columns of the Minor Planet Center (MPC, "Format for Optical Astrometric Observations", and those of
 * satellite, roving and radar observations). A record keeps its lines; the elements of ADES follow from them.
 */
#ifndef TYPES_NEO_OBSERVATION_NEO_OBSERVATION_MPC_H
#define TYPES_NEO_OBSERVATION_NEO_OBSERVATION_MPC_H

#include "types/neo_observation/neo_observation_map.h"

#define MPC_COLUMNS   80
#define MPC_FIELDS    24
#define MPC_VALUE_MAX 40
#define MPC_VERSION   "mpc80" /* what NeoObservation.version says of such a record */

/* Elements that follow from the lines of a record, in the order of ADES. */
struct neo_observation_mpc {
    int kind;
    struct {
        const char *name;
        char value[MPC_VALUE_MAX];
    } field[MPC_FIELDS];
    size_t n;
};

/* Has the record that begins with ${line} a second one? */
bool neo_observation_mpc_has_second(struct span line);
/* Does ${line} look like a record of 80 columns: a date where it belongs? */
bool neo_observation_mpc_is(struct span line);
/* Elements of ${first} and, of satellite, roving and radar observations, ${second}. 0, or -1 with ${why}: its line 0 is the first, 1 the second. */
int neo_observation_mpc_elements(struct span first, struct span second, struct neo_observation_mpc *out,
                                 struct why *why);

/* Columns 1 to 12 as what they name. */
struct neo_observation_names {
    char perm_id[16], prov_id[16], trk_sub[16];
};
int neo_observation_unpack(struct span packed, struct neo_observation_names *out, struct why *why);
/* The other way; -1 with ${why} (CANNOT_HOLD). */
int neo_observation_pack(const char *perm_id, const char *prov_id, const char *trk_sub, char packed[13],
                         struct why *why);

/* Letters of columns 15 and 72, and what ADES calls them; NULL, 0: there is none. */
const char *neo_observation_mode_of(uint8_t letter);
char neo_observation_letter_of_mode(const char *mode);
const char *neo_observation_catalogue_of(uint8_t letter);
char neo_observation_letter_of_catalogue(const char *catalogue);

/* What ADES does not take of an MPC record, one warning each, or a refusal when strict. 0, or -1 with ${why}. */
int neo_observation_mpc_losses(const Parallax__V1__NeoObservation *o, const struct convert *how,
                               struct why *why);

extern const struct reader neo_observation_mpc_reader;
extern const struct writer neo_observation_mpc_writer;

#endif
