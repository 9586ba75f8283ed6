/* options.h - placeholder replaced below */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H
struct options { int x; };
#endif
