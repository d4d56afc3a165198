/*
 * chance.h - numbers that want to be different, not secret: trace ids, the choice by weight. The
 * kernel gives the seed only, since a system call a request would be a tenth of its cost.
 */
#ifndef ALB_CHANCE_H
#define ALB_CHANCE_H

#include <stdint.h>

uint64_t chance(void);

#endif
