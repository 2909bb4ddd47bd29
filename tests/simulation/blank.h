/* An empty store of small pages, made once: what a simulated node writes and checks falls to a tenth. One world in sixteen has stores as a node makes them. */
#ifndef SIMULATION_BLANK_H
#define SIMULATION_BLANK_H

#include "disk.h"

#define BLANK_WORLD_EACH 16

const struct disk_image *blank_store(void);

#endif
