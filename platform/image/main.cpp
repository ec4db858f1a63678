// doorstep-picture: the process in which the tablet app has photos decoded. It is of no use to a person.
#include <unistd.h>

#include "platform/image/image.h"

int main() { ::_exit(doorstep::image::serve_one()); }  // what else happens at an end is no longer allowed
