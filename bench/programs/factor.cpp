// SPDX-License-Identifier: Apache-2.0
// Factors numbers with naturals of any length whose digits lie in a block of their own: every sum,
// product and remainder is a new small block, and most die at once. (Pollard's rho, Floyd's cycle.)
// argv: how many numbers.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

namespace {

// Digits to base 2^32, least first, none leading zero; zero has no digits.
class Natural {
 public:
  explicit Natural(uint64_t value = 0) : digits_(new uint32_t[2]), count_(2) {
    digits_[0] = static_cast<uint32_t>(value);
    digits_[1] = static_cast<uint32_t>(value >> 32);
    trim();
  }
  bool is_zero() const { return count_ == 0; }
  uint64_t low() const {
    return (count_ > 0 ? digits_[0] : 0) | (count_ > 1 ? uint64_t{digits_[1]} << 32 : 0);
  }

  int compare(const Natural& other) const {
    if (count_ != other.count_) return count_ < other.count_ ? -1 : 1;
    for (int i = count_ - 1; i >= 0; --i) {
      if (digits_[i] != other.digits_[i]) return digits_[i] < other.digits_[i] ? -1 : 1;
    }
    return 0;
  }

  Natural operator+(const Natural& other) const {
    Natural sum = blank(std::max(count_, other.count_) + 1);
    uint64_t carry = 0;
    for (int i = 0; i < sum.count_; ++i) {
      carry += uint64_t{digit(i)} + other.digit(i);
      sum.digits_[i] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    sum.trim();
    return sum;
  }

  // other <= *this.
  Natural operator-(const Natural& other) const {
    Natural rest = blank(count_);
    int64_t borrow = 0;
    for (int i = 0; i < count_; ++i) {
      borrow += int64_t{digit(i)} - other.digit(i);
      rest.digits_[i] = static_cast<uint32_t>(borrow);
      borrow >>= 32;
    }
    rest.trim();
    return rest;
  }

  Natural operator*(const Natural& other) const {
    Natural product = blank(count_ + other.count_);
    std::fill_n(product.digits_.get(), product.count_, 0);
    for (int i = 0; i < count_; ++i) {
      uint64_t carry = 0;
      for (int j = 0; j < other.count_ || carry != 0; ++j) {
        carry += product.digits_[i + j] + uint64_t{digits_[i]} * other.digit(j);
        product.digits_[i + j] = static_cast<uint32_t>(carry);
        carry >>= 32;
      }
    }
    product.trim();
    return product;
  }

  Natural shifted(int bits) const {
    Natural result = blank(count_ + bits / 32 + 1);
    std::fill_n(result.digits_.get(), result.count_, 0);
    for (int i = 0; i < count_; ++i) {
      const uint64_t wide = uint64_t{digits_[i]} << bits % 32;
      result.digits_[i + bits / 32] |= static_cast<uint32_t>(wide);
      result.digits_[i + bits / 32 + 1] |= static_cast<uint32_t>(wide >> 32);
    }
    result.trim();
    return result;
  }

  int bits() const { return count_ == 0 ? 0 : count_ * 32 - __builtin_clz(digits_[count_ - 1]); }

  // By shifted subtraction, eight bits a step while that many are left.
  Natural operator%(const Natural& modulus) const {
    Natural rest = *this + Natural(0);
    while (rest.compare(modulus) >= 0) {
      const int gap = rest.bits() - modulus.bits();
      if (gap >= 8) {
        const uint64_t lead = rest.top(16) / (modulus.top(8) + 1);
        rest = rest - (modulus * Natural(lead)).shifted(gap - 8);
      } else {
        Natural step = modulus.shifted(gap);
        if (step.compare(rest) > 0) step = modulus.shifted(gap - 1);
        rest = rest - step;
      }
    }
    return rest;
  }

 private:
  static Natural blank(int count) {
    Natural result;
    result.digits_.reset(new uint32_t[std::max(count, 1)]);
    result.count_ = count;
    return result;
  }
  uint32_t digit(int i) const { return i < count_ ? digits_[i] : 0; }
  // The topmost count bits.
  uint64_t top(int count) const {
    uint64_t value = 0;
    for (int bit = bits() - 1, left = count; left > 0; --bit, --left) {
      value = value << 1 | (bit >= 0 ? digits_[bit / 32] >> bit % 32 & 1 : 0);
    }
    return value;
  }
  void trim() {
    while (count_ > 0 && digits_[count_ - 1] == 0) --count_;
  }

  std::unique_ptr<uint32_t[]> digits_;
  int count_;
};

Natural common_divisor(Natural a, Natural b) {
  while (!b.is_zero()) {
    Natural rest = a % b;
    a = std::move(b);
    b = std::move(rest);
  }
  return a;
}

uint64_t find_factor(const Natural& number) {
  const Natural one(1);
  const auto step = [&](const Natural& x) { return (x * x + one) % number; };
  Natural slow(2), fast(2), product(1);
  for (int i = 1;; ++i) {
    slow = step(slow);
    fast = step(step(fast));
    const bool ahead = slow.compare(fast) < 0;
    product = product * (ahead ? fast - slow : slow - fast) % number;
    if (i % 32 != 0) continue;
    const Natural divisor = common_divisor(number + Natural(0), product + Natural(0));
    if (divisor.compare(one) > 0) return divisor.low();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  // Products of two primes; the smaller one, of 20 to 24 bits, decides how long it takes.
  constexpr uint64_t kPrimes[][2] = {{1048583, 281474976710677},
                                     {2097169, 140737488355333},
                                     {4194319, 70368744177679},
                                     {8388617, 35184372088891},
                                     {16777259, 17592186044423}};
  const int count = std::atoi(argv[1]);
  for (int i = 0; i < count; ++i) {
    const auto& pair = kPrimes[i % std::size(kPrimes)];
    std::printf("%llu\n",
                static_cast<unsigned long long>(find_factor(Natural(pair[0]) * Natural(pair[1]))));
  }
}
