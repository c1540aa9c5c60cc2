/* Between the two forms of an Inspect log. */
#ifndef TARE_RECORD_FORMATS_INSPECT_INT_H
#define TARE_RECORD_FORMATS_INSPECT_INT_H

#include "record/formats/import_int.h"

enum tare_status tare__import_inspect_sample(struct tare__import *im, struct tare_json sample);
enum tare_status tare__import_inspect_header(struct tare__import *im, struct tare_json eval,
                                             struct tare_json results);

#endif
