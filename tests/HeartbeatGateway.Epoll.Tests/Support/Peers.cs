using System.IO.Pipelines;
using System.Net.Sockets;

namespace HeartbeatGateway.Epoll.Tests.Support;

/// <summary>What the tests do with the two ends.</summary>
internal static class Peers
{
    private static readonly byte[] Noise = MakeNoise();

    /// <summary>A test that hangs fails with this.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static PipeReader Input(this EpollConnection connection) => connection.Transport.Input;

    public static PipeWriter Output(this EpollConnection connection) => connection.Transport.Output;

    /// <summary>Bytes that repeat only after a megabyte.</summary>
    public static ReadOnlyMemory<byte> Bytes(int from, int count) => Noise.AsMemory(from % (Noise.Length / 2), count);

    /// <summary>Ends the connection with a reset.</summary>
    public static void Reset(this Socket peer) => peer.Close(timeout: 0);

    public static async Task<byte[]> ReceiveAsync(this Socket peer, int count)
    {
        var bytes = new byte[count];
        for (var got = 0; got < count;)
        {
            var received = await peer.ReceiveAsync(bytes.AsMemory(got)).AsTask().WaitAsync(Patience);
            if (received == 0) return bytes[..got];
            got += received;
        }

        return bytes;
    }

    /// <summary>Receives until the end of the stream.</summary>
    public static async Task<byte[]> ReceiveAllAsync(this Socket peer)
    {
        using var all = new MemoryStream();
        var bytes = new byte[64 * 1024];
        while (await peer.ReceiveAsync(bytes.AsMemory()).AsTask().WaitAsync(Patience) is var received and > 0) all.Write(bytes, 0, received);
        return all.ToArray();
    }

    /// <summary>Reads until the buffer has so many bytes, consumes nothing meanwhile, and leaves the read open.</summary>
    public static async Task<ReadResult> ReadUntilAsync(this PipeReader reader, long count)
    {
        while (true)
        {
            var result = await reader.ReadAsync();
            if (result.Buffer.Length >= count || result.IsCompleted) return result;
            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    /// <summary>Answers every byte with the same one until the end.</summary>
    public static async Task EchoAsync(EpollConnection connection)
    {
        try
        {
            while (await connection.Input().ReadAsync() is { IsCompleted: false } result)
            {
                foreach (var part in result.Buffer)
                {
                    part.Span.CopyTo(connection.Output().GetSpan(part.Length));
                    connection.Output().Advance(part.Length);
                }

                connection.Input().AdvanceTo(result.Buffer.End);
                if ((await connection.Output().FlushAsync()).IsCompleted) return;
            }
        }
        finally
        {
            await connection.DisposeAsync();
        }
    }

    /// <summary>Waits for what has no signal of its own. It fails when that never comes.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience, "The condition has not come.");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }

    private static byte[] MakeNoise()
    {
        var bytes = new byte[2 << 20];
        new Random(1).NextBytes(bytes.AsSpan(0, 1 << 20));
        bytes.AsSpan(0, 1 << 20).CopyTo(bytes.AsSpan(1 << 20));
        return bytes;
    }
}
