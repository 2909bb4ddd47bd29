/*
 * Signatures and keys that were checked before. The code under test calls libsodium as it does in a node; the linker puts these in between (CMakeLists.txt), for nodes of
 * one process check the same signatures again and again, and a check has one answer for one (key, message, signature).
 */
#ifndef SIMULATION_MEMO_H
#define SIMULATION_MEMO_H

void memo_clear(void);

#endif
