using System.IO.Pipelines;
using System.Net.Sockets;
using CsCheck;
using HeartbeatGateway.Epoll.Tests.Support;

namespace HeartbeatGateway.Epoll.Tests;

/// <summary>
/// The writer and a <see cref="Pipe"/> get the same calls: they tell the same, and the peer gets the same bytes in the same order. Only the kernel decides whether
/// a flush must wait: the model's waits when the connection's does.
/// </summary>
public sealed class WriterModelTests : IDisposable
{
    private static readonly Gen<int> Sizes = Gen.Frequency((3, Gen.Int[1, 200]), (3, Gen.Int[200, 9000]), (2, Gen.Int[9000, 300_000]));

    private static readonly Gen<Step> Steps = Gen.Frequency(
        (4, Sizes.Select(size => new Step(Kind.Write, size))),
        (4, Gen.Const(new Step(Kind.FlushAndReceive, 0))),
        (2, Sizes.Select(size => new Step(Kind.FlushAndCancel, size))),
        (2, Sizes.Select(size => new Step(Kind.FlushAndCancelToken, size))),
        (1, Gen.Const(new Step(Kind.Cancel, 0))),
        (1, Gen.Const(new Step(Kind.Hop, 0))),
        (2, Sizes.Select(size => new Step(Kind.Receive, size))));

    private readonly Wire _wire = new(isTight: true);
    private int _waited;

    private enum Kind
    {
        Write,
        FlushAndReceive,
        FlushAndCancel,
        FlushAndCancelToken,
        Cancel,
        Hop,
        Receive,
    }

    public void Dispose() => _wire.Dispose();

    [Fact]
    public async Task It_writes_what_a_pipe_writes()
    {
        // The steps are random, so the number of flushes that wait is too: some 70 in a round.
        for (var round = 0; round < 5 && _waited <= 50; round++)
        {
            await Task.Run(() => Steps.Array[1, 15].SampleAsync(steps => RunAsync(steps).WaitAsync(Peers.Patience), iter: 150, threads: 1));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{_waited} flushes waited for the peer.");
        Assert.True(_waited > 50, $"Only {_waited} flushes waited.");
    }

    private async Task RunAsync(Step[] steps)
    {
        var (server, peer) = _wire.Connect();
        using (peer)
        {
            var pair = new Pair(server, peer);
            foreach (var step in steps) await pair.DoAsync(step);
            await pair.EndAsync();
            _waited += pair.Waited;
        }
    }

    private sealed record Step(Kind Kind, int Size);

    /// <summary>The connection and its model.</summary>
    private sealed class Pair(EpollConnection server, Socket peer)
    {
        private readonly PipeWriter _writer = server.Output();

        /// <summary>Every flush waits until its bytes are read.</summary>
        private readonly Pipe _model = new(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));

        private readonly MemoryStream _expected = new();
        private readonly MemoryStream _received = new();
        private int _written;

        public int Waited { get; private set; }

        public async Task DoAsync(Step step)
        {
            switch (step.Kind)
            {
                case Kind.Write:
                    Write(step.Size);
                    break;
                case Kind.FlushAndReceive:
                    await FlushAsync(() => ReceiveUntilAsync(_expected.Length), CancellationToken.None);
                    break;
                case Kind.FlushAndCancel:
                    await FlushAsync(
                        () =>
                        {
                            // A write while a flush waits.
                            Write(step.Size);
                            _writer.CancelPendingFlush();
                            _model.Writer.CancelPendingFlush();
                            return Task.CompletedTask;
                        },
                        CancellationToken.None);
                    break;
                case Kind.FlushAndCancelToken:
                    using (var source = new CancellationTokenSource()) await FlushAsync(source.CancelAsync, source.Token);
                    break;
                case Kind.Cancel:
                    _writer.CancelPendingFlush();
                    _model.Writer.CancelPendingFlush();
                    break;
                case Kind.Hop:
                    await Task.Yield();
                    break;
                case Kind.Receive:
                    if (peer.Available > 0) await ReceiveUntilAsync(_received.Length + Math.Min(step.Size, peer.Available));
                    break;
            }
        }

        /// <summary>Completes with what is not flushed, and compares all.</summary>
        public async Task EndAsync()
        {
            _model.Writer.Complete();
            ReadModel();
            await _writer.CompleteAsync();
            var closed = server.DisposeAsync().AsTask();
            _received.Write(await peer.ReceiveAllAsync());
            await closed.WaitAsync(Peers.Patience);
            Assert.Equal(_expected.Length, _received.Length);
            Assert.True(_expected.ToArray().AsSpan().SequenceEqual(_received.ToArray()), "Other bytes.");
            Assert.Throws<InvalidOperationException>(() => _writer.GetMemory());
            Assert.Throws<InvalidOperationException>(() => _model.Writer.GetMemory());
            Assert.True(((EpollWriter)_writer).IsEmpty);
        }

        private void Write(int size)
        {
            var bytes = Peers.Bytes(_written, size);
            _written += size;
            foreach (var writer in new[] { _writer, _model.Writer })
            {
                bytes.CopyTo(writer.GetMemory(size));
                Assert.ThrowsAny<ArgumentOutOfRangeException>(() => writer.Advance(int.MaxValue));
                Assert.ThrowsAny<ArgumentOutOfRangeException>(() => writer.Advance(-1));
                writer.Advance(size);
            }

            Assert.Equal(_model.Writer.UnflushedBytes, _writer.UnflushedBytes);
        }

        private async Task FlushAsync(Func<Task> wake, CancellationToken token)
        {
            var expected = _model.Writer.FlushAsync(token).AsTask();
            var actual = _writer.FlushAsync(token).AsTask();
            if (actual.IsCompleted)
            {
                ReadModel();
            }
            else
            {
                Waited++;
                // The kernel may find room by itself at any moment: then the flush is not cancelled, and the mark is for the next one.
                var second = await Record.ExceptionAsync(async () => await _writer.FlushAsync(CancellationToken.None));
                if (!actual.IsCompleted) Assert.IsType<InvalidOperationException>(second);
                // The model waits as well, unless a cancelled flush was before and nothing new is there.
                await (expected.IsCompleted ? ReceiveUntilAsync(_expected.Length) : wake());
            }

            FlushResult? result = null;
            try
            {
                result = await actual.WaitAsync(Peers.Patience, CancellationToken.None);
            }
            catch (OperationCanceledException)
            {
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => expected);
            }

            ReadModel();
            if (result is not { } flushed || (token.IsCancellationRequested && expected.IsCanceled)) return;
            var told = await expected;
            if (told.IsCanceled && !flushed.IsCanceled)
            {
                flushed = await _writer.FlushAsync(CancellationToken.None);
                var model = _model.Writer.FlushAsync(CancellationToken.None).AsTask();
                ReadModel();
                await model;
            }

            Assert.Equal((told.IsCanceled, told.IsCompleted), (flushed.IsCanceled, flushed.IsCompleted));
        }

        private void ReadModel()
        {
            if (!_model.Reader.TryRead(out var result)) return;
            foreach (var part in result.Buffer) _expected.Write(part.Span);
            _model.Reader.AdvanceTo(result.Buffer.End);
        }

        private async Task ReceiveUntilAsync(long length)
        {
            // The model has what was flushed by now: at least as much as the kernel gets.
            ReadModel();
            length = Math.Max(length, _expected.Length);
            _received.Write(await peer.ReceiveAsync((int)(length - _received.Length)));
        }
    }
}
