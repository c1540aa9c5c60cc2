/* The only place that turns an error into an exit status. */
#include <stdio.h>

int main(void)
{
    puts("tare " TARE_VERSION);
    return 0;
}
