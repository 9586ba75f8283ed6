/*
 * load_average.h - how busy the machine is, for the load limits (contract/options.md: QueueLA, RefuseLA, DelayLA).
 */
#ifndef OS_LOAD_AVERAGE_H
#define OS_LOAD_AVERAGE_H

/* The one-minute load average, rounded, as /proc/loadavg tells it: in a container that file may speak for the container alone, which the
 * system call behind getloadavg(3) never does. 0 when nobody can tell. Any thread. */
int load_average(void);

#endif
