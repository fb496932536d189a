//! `numeric`, exactly: a number that does not fit is an error, and never rounded.

use bytes::{BufMut, BytesMut};
use postgres::types::Type;
use rust_decimal::Decimal;

use super::scalar::unfit;
use super::{DecodeError, Element, Scalar, SqlType};

impl Scalar for Decimal {
    const SQL: SqlType = SqlType::Numeric;

    fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
        let scale = self.scale();
        // The digits come in groups of four, counted from the point.
        let mut rest = self.mantissa().unsigned_abs() * 10_u128.pow((4 - scale % 4) % 4);
        let mut groups = Vec::new();
        while rest > 0 {
            groups.push(u16::try_from(rest % 10_000)?);
            rest /= 10_000;
        }
        let weight = i16::try_from(groups.len())? - i16::try_from(scale.div_ceil(4))? - 1;
        let zeros = groups.iter().take_while(|&&group| group == 0).count();
        let groups = &groups[zeros..];
        out.put_u16(u16::try_from(groups.len())?);
        out.put_i16(if groups.is_empty() { 0 } else { weight });
        let negative = self.is_sign_negative() && !groups.is_empty();
        out.put_u16(if negative { NEGATIVE } else { 0 });
        out.put_u16(u16::try_from(scale)?);
        for group in groups.iter().rev() {
            out.put_u16(*group);
        }
        Ok(())
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
        if *ty != Type::NUMERIC {
            return Err(unfit(ty));
        }
        let number = Wire::read(raw)?;
        let too_long = || -> DecodeError {
            "the number has more digits than a `Decimal` holds, which is 28\n\
             help: select it rounded, as `.round_to(10)` or by SQL's `round(x, 10)`, or as a text: `.cast::<String>()` or `x::text`"
                .into()
        };
        let places = u32::try_from(number.places().max(0)).map_err(|_| too_long())?;
        if places > Self::MAX_SCALE {
            return Err(too_long());
        }
        // As many zeros behind the point as the server shows, if there is room for them.
        for scale in (places..=number.shown.clamp(places, Self::MAX_SCALE)).rev() {
            let mantissa = number
                .mantissa(scale)
                .and_then(|mantissa| i128::try_from(mantissa).ok());
            let decimal =
                mantissa.and_then(|mantissa| Self::try_from_i128_with_scale(mantissa, scale).ok());
            if let Some(mut decimal) = decimal {
                decimal.set_sign_negative(number.negative);
                return Ok(decimal);
            }
        }
        Err(too_long())
    }
}

impl Element for Decimal {}

/// Returns how many places before and behind the point a value of `numeric` needs.
pub(super) fn places(raw: &[u8]) -> Option<(i32, i32)> {
    let number = Wire::read(raw).ok()?;
    let digits = i32::try_from(number.digits.len()).ok()?;
    Some(((digits + number.exponent).max(0), number.places()))
}

/// Returns the nearest number that a `Decimal` holds, if a value of `numeric` is none and there is one: the farther from zero of two, as the
/// server rounds.
pub(super) fn rounded(raw: &[u8]) -> Option<BytesMut> {
    let number = Wire::read(raw).ok()?;
    if Decimal::decode(&Type::NUMERIC, raw).is_ok() {
        return None;
    }
    let nearest = (0..=Decimal::MAX_SCALE).rev().find_map(|scale| {
        let mantissa = i128::try_from(number.nearest(scale)?).ok()?;
        Decimal::try_from_i128_with_scale(mantissa, scale).ok()
    });
    let mut nearest = nearest?;
    nearest.set_sign_negative(number.negative);
    let mut out = BytesMut::new();
    nearest.encode(&mut out).ok()?;
    Some(out)
}

const NEGATIVE: u16 = 0x4000;

/// A number as PostgreSQL sends it.
struct Wire {
    negative: bool,
    /// The decimal digits, without zeros at the ends.
    digits: Vec<u8>,
    /// The power of ten of the last digit.
    exponent: i32,
    /// How many places behind the point are shown.
    shown: u32,
}

impl Wire {
    fn read(raw: &[u8]) -> Result<Self, DecodeError> {
        let mut words = raw
            .chunks_exact(2)
            .map(|word| u16::from_be_bytes([word[0], word[1]]));
        let mut word = || words.next().ok_or("the number is cut off");
        let (count, weight, sign, shown) = (word()?, word()?, word()?, word()?);
        match sign {
            0 | NEGATIVE => {}
            0xC000 => return Err("the number is `NaN`, which a `Decimal` does not hold".into()),
            _ => return Err("the number is infinite, which a `Decimal` does not hold".into()),
        }
        let mut digits = Vec::with_capacity(4 * usize::from(count));
        for group in words.take(count.into()) {
            for power in [1000, 100, 10, 1] {
                digits.push(u8::try_from(group / power % 10)?);
            }
        }
        let weight = i32::from(i16::from_be_bytes(weight.to_be_bytes()));
        let mut exponent = 4 * (weight + 1 - i32::from(count));
        while digits.last() == Some(&0) {
            digits.pop();
            exponent += 1;
        }
        let leading = digits.iter().take_while(|&&digit| digit == 0).count();
        digits.drain(..leading);
        if digits.is_empty() {
            exponent = 0;
        }
        Ok(Self {
            negative: sign == NEGATIVE,
            digits,
            exponent,
            shown: shown.into(),
        })
    }

    fn places(&self) -> i32 {
        -self.exponent.min(0)
    }

    /// The number without its point, rounded to so many places; none if it is too long.
    fn nearest(&self, scale: u32) -> Option<u128> {
        let left = usize::try_from(-(i64::from(self.exponent) + i64::from(scale)));
        let Some(left) = left.ok().filter(|&left| left > 0) else {
            return self.mantissa(scale);
        };
        let kept = self.digits.len().checked_sub(left);
        let up = kept.is_some_and(|kept| self.digits[kept] >= 5);
        let kept = &self.digits[..kept.unwrap_or_default()];
        let whole = kept.iter().try_fold(0_u128, |sum, &digit| {
            sum.checked_mul(10)?.checked_add(digit.into())
        });
        whole?.checked_add(up.into())
    }

    /// The number without its point, when it is written with so many places.
    fn mantissa(&self, scale: u32) -> Option<u128> {
        let zeros = u32::try_from(i64::from(self.exponent) + i64::from(scale)).ok()?;
        let digits = self.digits.iter().try_fold(0_u128, |sum, &digit| {
            sum.checked_mul(10)?.checked_add(digit.into())
        })?;
        if digits == 0 {
            return Some(0);
        }
        digits.checked_mul(10_u128.checked_pow(zeros)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(number: Decimal) -> Vec<u8> {
        let mut out = BytesMut::new();
        number.encode(&mut out).unwrap();
        out.to_vec()
    }

    fn words(words: &[u16]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn numbers_come_back_with_their_scale() {
        for text in [
            "0",
            "0.00",
            "1",
            "-1",
            "1.10",
            "10000",
            "0.0001",
            "0.00001",
            "100000000.00000001",
            "79228162514264337593543950335",
            "-79228162514264337593543950335",
            "7.9228162514264337593543950335",
            "0.0000000000000000000000000001",
            "123456789.0000",
        ] {
            let number: Decimal = text.parse().unwrap();
            let back = Decimal::decode(&Type::NUMERIC, &bytes(number)).unwrap();
            assert_eq!(back.to_string(), text);
        }
    }

    #[test]
    fn numbers_are_rounded_to_the_nearest_that_is_held() {
        let nearest = |raw: &[u16]| {
            let bytes = rounded(&words(raw))?;
            Some(Decimal::decode(&Type::NUMERIC, &bytes).unwrap().to_string())
        };
        let minus = |places: i16| (-places).cast_unsigned();
        // 5e-29 and 4999e-32, which are as near to zero as to the least, and nearer.
        let least = "0.0000000000000000000000000001";
        assert_eq!(nearest(&[1, minus(8), 0, 32, 5000]).as_deref(), Some(least));
        let below = nearest(&[1, minus(8), NEGATIVE, 32, 4999]).unwrap();
        assert!(below.parse::<Decimal>().unwrap().is_zero(), "{below}");
        assert!(nearest(&[1, minus(200), 0, 800, 9999]).is_some());
        // 9 with 31 nines behind the point.
        let nines = [&[9, 0, 0, 31, 9][..], &[9999; 7], &[9990]].concat();
        let ten = format!("10.{}", "0".repeat(27));
        assert_eq!(nearest(&nines), Some(ten));
        // What is held already, what is none and what is too great is left as it is.
        for left in [&[1, 0, 0, 0, 7][..], &[0, 0, 0xC000, 0], &[1, 10, 0, 0, 1]] {
            assert_eq!(nearest(left), None);
        }
    }

    #[test]
    fn numbers_of_more_digits_are_refused_unless_they_are_zeros() {
        // 10 to the power of 40.
        assert!(Decimal::decode(&Type::NUMERIC, &words(&[1, 10, 0, 0, 1])).is_err());
        // 10 to the power of -32.
        let small = words(&[1, (-8_i16).cast_unsigned(), 0, 32, 1]);
        assert!(Decimal::decode(&Type::NUMERIC, &small).is_err());
        // 1 with a hundred zeros behind the point.
        let one = Decimal::decode(&Type::NUMERIC, &words(&[1, 0, 0, 100, 1])).unwrap();
        assert_eq!(one, Decimal::ONE);
        assert_eq!(one.scale(), 28);
        for sign in [0xC000, 0xD000, 0xF000] {
            assert!(Decimal::decode(&Type::NUMERIC, &words(&[0, 0, sign, 0])).is_err());
        }
    }
}
