#include "types/orbit/orbit_decimal.h"

#include "base/num.h"

static bool
is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

void
orbit_decimal_read(struct span text, struct orbit_decimal *out)
{
    bool behind = false;
    int64_t exponent = 0;
    size_t i = 0;

    *out = (struct orbit_decimal){.minus = text.n > 0 && *text.p == '-'};
    if (text.n > 0 && (*text.p == '-' || *text.p == '+'))
        i++;
    for (; i < text.n && (is_digit(text.p[i]) || text.p[i] == '.'); i++) {
        if (text.p[i] == '.') {
            behind = true;
        } else if (out->n == 0 && text.p[i] == '0') {
            out->exponent -= behind;
        } else if (out->n < sizeof out->digits) {
            out->digits[out->n++] = (char)text.p[i];
            out->exponent += !behind;
        }
    }
    if (i < text.n) /* the letter of the exponent */
        (void)num_int(span_of(text.p + i + 1, text.n - i - 1), -9999, 9999, &exponent);
    out->exponent += (int)exponent;
    while (out->n > 0 && out->digits[out->n - 1] == '0')
        out->n--;
    if (out->n == 0)
        out->exponent = 0;
}

int
orbit_decimal_fixed(const struct orbit_decimal *d, unsigned before, char pad, bool point, unsigned behind,
                    char *out)
{
    int last = (int)d->n - d->exponent; /* decimals that are needed */
    char *p = out;

    if (d->exponent > (int)before || last > (int)behind)
        return -1;
    for (int place = (int)before; place > -(int)behind; place--) { /* digit of 10^(place - 1) */
        int index = d->exponent - place;
        bool has_digit = index >= 0 && index < (int)d->n;

        if (place == 0 && point)
            *p++ = '.';
        if (has_digit)
            *p++ = d->digits[index];
        else
            *p++ = index < 0 && place > 1 ? pad : '0';
    }
    if (behind == 0 && point)
        *p++ = '.';
    *p = 0;
    return 0;
}

int
orbit_decimal_exponential(const struct orbit_decimal *d, char digits[6], int *exponent)
{
    int shift = d->exponent < -9 ? -9 - d->exponent : 0; /* zeros behind the point, where the exponent ends */

    if (d->exponent > 9 || shift + (int)d->n > 5)
        return -1;
    memset(digits, '0', 5);
    memcpy(digits + shift, d->digits, d->n);
    digits[5] = 0;
    *exponent = d->n == 0 ? 0 : d->exponent + shift;
    return 0;
}
