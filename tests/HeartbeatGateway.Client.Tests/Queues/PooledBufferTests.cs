using System.Buffers;
using HeartbeatGateway.Client.Queues;

namespace HeartbeatGateway.Client.Tests.Queues;

public sealed class PooledBufferTests
{
    [Fact]
    public void Returns_the_written_bytes_in_order_for_random_writes_and_reads()
    {
        var random = new Random(3);
        var written = new List<byte>();
        using var buffer = new PooledBuffer(16);
        for (var i = 0; i < 5_000; i++)
        {
            var piece = new byte[random.Next(1, 200)];
            random.NextBytes(piece);
            if (random.Next(2) == 0)
            {
                buffer.Write(piece);
                written.AddRange(piece);
            }
            else
            {
                var count = Math.Min(piece.Length, buffer.Length);
                buffer.Consume(count);
                written.RemoveRange(0, count);
            }

            Assert.Equal(written.Count, buffer.Length);
            if (i % 50 == 0) Assert.Equal(written, buffer.Written.ToArray());
        }
    }
}
