using System.IO.Pipelines;
using System.Net.Sockets;
using System.Threading.Channels;
using CsCheck;
using HeartbeatGateway.Epoll.Tests.Support;

namespace HeartbeatGateway.Epoll.Tests;

/// <summary>
/// The reader and a <see cref="Pipe"/> get the same bytes and the same calls: they tell the same. How many bytes a single read brings is not compared: it depends
/// on the kernel.
/// </summary>
public sealed class ReaderModelTests : IDisposable
{
    private static readonly Gen<int> Sizes = Gen.Frequency((4, Gen.Int[1, 64]), (3, Gen.Int[64, 5000]), (2, Gen.Int[5000, 70_000]), (1, Gen.Int[70_000, 300_000]));

    private static readonly Gen<Step> Steps = Gen.Frequency(
        (4, Sizes.Select(size => new Step(Kind.Write, size, 0, 0))),
        (6, Gen.Select(Sizes, Gen.Double.Unit, Gen.Double.Unit, (size, consumed, examined) => new Step(Kind.Read, size, consumed, examined))),
        (2, Gen.Select(Gen.Double.Unit, Gen.Double.Unit, (consumed, examined) => new Step(Kind.TryRead, 0, consumed, examined))),
        (1, Gen.Const(new Step(Kind.Cancel, 0, 0, 0))),
        (1, Gen.Const(new Step(Kind.CancelPending, 0, 0, 0))),
        (1, Gen.Const(new Step(Kind.CancelByToken, 0, 0, 0))),
        (1, Gen.Const(new Step(Kind.Misuse, 0, 0, 0))),
        (1, Gen.Const(new Step(Kind.Hop, 0, 0, 0))),
        (1, Gen.Const(new Step(Kind.End, 0, 0, 0))));

    private readonly Wire _wire = new();

    private enum Kind
    {
        Write,
        Read,
        TryRead,
        Cancel,
        CancelPending,
        CancelByToken,
        Misuse,
        Hop,
        End,
    }

    public void Dispose() => _wire.Dispose();

    [Fact]
    public Task It_reads_what_a_pipe_reads() =>
        Task.Run(() => Steps.Array[1, 25].SampleAsync(steps => RunAsync(steps).WaitAsync(Peers.Patience), iter: 400, threads: 1));

    private async Task RunAsync(Step[] steps)
    {
        var (server, peer) = _wire.Connect();
        using (peer)
        {
            var pair = new Pair(server, peer);
            foreach (var step in steps) await pair.DoAsync(step);
            await pair.EndAsync();
        }
    }

    private sealed record Step(Kind Kind, int Size, double Consumed, double Examined);

    /// <summary>The connection and its model.</summary>
    private sealed class Pair
    {
        private readonly EpollConnection _server;
        private readonly PipeReader _reader;
        private readonly Pipe _model = new(new PipeOptions(readerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0, useSynchronizationContext: false));
        private readonly Channel<ReadOnlyMemory<byte>> _toSend = Channel.CreateUnbounded<ReadOnlyMemory<byte>>();
        private readonly Task _sending;
        private int _written;
        private long _examined;
        private bool _isEnded;

        public Pair(EpollConnection server, Socket peer)
        {
            (_server, _reader) = (server, server.Input());
            _sending = Task.Run(() => SendAsync(peer));
        }

        public async Task DoAsync(Step step)
        {
            switch (step.Kind)
            {
                case Kind.Write when !_isEnded:
                    await WriteAsync(step.Size);
                    break;
                case Kind.Read:
                    await ReadAsync(step, () => _isEnded ? Task.CompletedTask : WriteAsync(step.Size));
                    break;
                case Kind.TryRead:
                    await TryReadAsync(step);
                    break;
                case Kind.Cancel:
                    _reader.CancelPendingRead();
                    _model.Reader.CancelPendingRead();
                    break;
                case Kind.CancelPending:
                    await ReadAsync(step, Canceled);
                    break;
                case Kind.CancelByToken:
                    await CancelByTokenAsync();
                    break;
                case Kind.Misuse:
                    await MisuseAsync();
                    break;
                case Kind.Hop:
                    await Task.Yield();
                    break;
                case Kind.End:
                    End();
                    break;
            }
        }

        /// <summary>All that is left, and the end.</summary>
        public async Task EndAsync()
        {
            End();
            while (await ReadAsync(new Step(Kind.Read, 0, 1, 1), () => Task.CompletedTask) is { IsCompleted: false })
            {
            }

            await _sending;
            _reader.Complete();
            _model.Reader.Complete();
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await _reader.ReadAsync());
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await _model.Reader.ReadAsync());
            Assert.Throws<InvalidOperationException>(() => _reader.TryRead(out _));
            Assert.Throws<InvalidOperationException>(() => _reader.AdvanceTo(default));
            await _server.DisposeAsync();
        }

        private async Task SendAsync(Socket peer)
        {
            await foreach (var bytes in _toSend.Reader.ReadAllAsync())
            {
                for (var sent = 0; sent < bytes.Length;) sent += await peer.SendAsync(bytes[sent..]);
            }

            peer.Shutdown(SocketShutdown.Send);
        }

        private async Task WriteAsync(int size)
        {
            var bytes = Peers.Bytes(_written, size);
            _written += size;
            // First the model, whose reader continues on this thread; it only sets results.
            await _model.Writer.WriteAsync(bytes);
            _toSend.Writer.TryWrite(bytes);
        }

        private Task Canceled()
        {
            _reader.CancelPendingRead();
            _model.Reader.CancelPendingRead();
            return Task.CompletedTask;
        }

        private void End()
        {
            if (_isEnded) return;
            _isEnded = true;
            _model.Writer.Complete();
            _toSend.Writer.Complete();
        }

        private async Task<ReadResult> ReadAsync(Step step, Func<Task> wake)
        {
            var expected = _model.Reader.ReadAsync().AsTask();
            var isReady = expected.IsCompleted;
            var actual = _reader.ReadAsync().AsTask();
            if (!isReady)
            {
                Assert.False(actual.IsCompleted, "The read has ended, although there is nothing.");
                await wake();
            }

            return await CompareAsync(await expected, await actual, step);
        }

        /// <summary>Reads until the connection has brought what the model has, and advances both.</summary>
        private async Task<ReadResult> CompareAsync(ReadResult expected, ReadResult actual, Step step)
        {
            // Cancelled is told with the first read, completed with the last one.
            Assert.Equal(expected.IsCanceled, actual.IsCanceled);
            while (actual.Buffer.Length < expected.Buffer.Length || (expected.IsCompleted && !actual.IsCompleted))
            {
                _reader.AdvanceTo(actual.Buffer.Start, actual.Buffer.End);
                actual = await _reader.ReadAsync();
                Assert.False(actual.IsCanceled);
            }

            AssertSame(expected, actual);
            Advance(expected, actual, step);
            return actual;
        }

        private static void AssertSame(ReadResult expected, ReadResult actual)
        {
            Assert.Equal(expected.Buffer.Length, actual.Buffer.Length);
            // The end of the stream may have come with the last bytes, and the model knows it at once.
            if (actual.IsCompleted) Assert.True(expected.IsCompleted);
            var rest = actual.Buffer;
            foreach (var part in expected.Buffer)
            {
                Assert.True(rest.Slice(0, part.Length).FirstSpan.SequenceEqual(part.Span), "Other bytes.");
                rest = rest.Slice(part.Length);
            }
        }

        private void Advance(ReadResult expected, ReadResult actual, Step step)
        {
            var consumed = (long)(step.Consumed * actual.Buffer.Length);
            // What was examined once stays so. Half of the reads examine all, so that the next one waits.
            var examined = step.Examined > 0.5 ? actual.Buffer.Length : consumed + (long)(2 * step.Examined * (actual.Buffer.Length - consumed));
            examined = Math.Max(examined, Math.Min(_examined, actual.Buffer.Length));
            _examined = examined - consumed;
            _reader.AdvanceTo(actual.Buffer.GetPosition(consumed), actual.Buffer.GetPosition(examined));
            _model.Reader.AdvanceTo(expected.Buffer.GetPosition(consumed), expected.Buffer.GetPosition(examined));
        }

        private async Task TryReadAsync(Step step)
        {
            if (!_model.Reader.TryRead(out var expected))
            {
                Assert.False(_reader.TryRead(out _));
                return;
            }

            // What the peer has sent arrives a moment later.
            ReadResult actual = default;
            await Peers.UntilAsync(() => _reader.TryRead(out actual));
            await CompareAsync(expected, actual, step);
        }

        private async Task CancelByTokenAsync()
        {
            using var source = new CancellationTokenSource();
            var expected = _model.Reader.ReadAsync(source.Token).AsTask();
            var isReady = expected.IsCompleted;
            var actual = _reader.ReadAsync(source.Token).AsTask();
            if (isReady)
            {
                await CompareAsync(await expected, await actual, new Step(Kind.Read, 0, 0.5, 1));
                await source.CancelAsync();
                return;
            }

            Assert.False(actual.IsCompleted);
            await source.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => expected);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => actual);
        }

        private async Task MisuseAsync()
        {
            Assert.Throws<InvalidOperationException>(() => _reader.AdvanceTo(default));
            if (!_model.Reader.TryRead(out var expected)) return;
            ReadResult actual = default;
            await Peers.UntilAsync(() => _reader.TryRead(out actual));
            if (!expected.IsCanceled)
            {
                await Assert.ThrowsAsync<InvalidOperationException>(async () => await _reader.ReadAsync());
                Assert.Throws<InvalidOperationException>(() => _reader.TryRead(out _));
            }

            if (actual.Buffer.Length > 1)
            {
                var (start, end) = (actual.Buffer.Start, actual.Buffer.End);
                Assert.Throws<InvalidOperationException>(() => _reader.AdvanceTo(end, start));
            }

            await CompareAsync(expected, actual, new Step(Kind.Read, 0, 0.3, 1));
        }
    }
}
