using CsCheck;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Protocol.Tests.Tokens;

public sealed class ConstantTimeTests
{
    [Fact]
    public void Detects_one_flipped_bit_at_any_position() =>
        Gen.Select(Gen.Byte.Array[1, 100], Gen.Int[0, 99], Gen.Int[0, 7]).Sample((bytes, at, bit) =>
        {
            var other = bytes.ToArray();
            if (!ConstantTime.AreEqual(bytes, other)) return false;
            other[at % bytes.Length] ^= (byte)(1 << bit);
            return !ConstantTime.AreEqual(bytes, other);
        });

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(0, 1, false)]
    [InlineData(43, 42, false)]
    [InlineData(43, 44, false)]
    [InlineData(8, 16, false)]
    public void Lengths_must_be_equal(int left, int right, bool expected) => Assert.Equal(expected, ConstantTime.AreEqual(new byte[left], new byte[right]));
}
