using System.Buffers;
using System.IO.Pipelines;
using CsCheck;
using HeartbeatGateway.Million.Transport;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server.Tests.MemoryTransport;

/// <summary>
/// The reader of the one-million-connection benchmark must behave as a pipe does. Otherwise the benchmark does not measure the gateway.
/// </summary>
public sealed class MemoryInputTests
{
    private enum Step
    {
        Write,
        Read,
        ReadAndKeepSome,
        Cancel,
        Close,
    }

    [Fact]
    public void Any_series_of_calls_has_the_same_results_as_on_a_pipe() =>
        Gen.Select(Gen.Enum<Step>(), Gen.Int[1, 5000], Gen.Double[0, 1], Gen.Double[0, 1]).Array[1, 60].Sample(steps =>
        {
            var pipe = new Pipe(new PipeOptions(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0, useSynchronizationContext: false));
            var memory = new MemoryInput();
            var (fromPipe, fromMemory) = (new Reading(pipe.Reader), new Reading(memory));
            var (isClosed, next) = (false, (byte)0);
            foreach (var (step, length, kept, examined) in steps)
            {
                if (step == Step.Write && !isClosed)
                {
                    var bytes = new byte[length];
                    foreach (ref var b in bytes.AsSpan()) b = next++;
                    // The pipe has no bound here. This reader has one.
                    var isTaken = memory.TryWrite(bytes);
                    Assert.Equal(fromMemory.Unread + length <= MemoryInput.MaxUnreadBytes, isTaken);
                    if (!isTaken) continue;
                    pipe.Writer.Write(bytes);
                    _ = pipe.Writer.FlushAsync().AsTask();
                    fromMemory.Unread += length;
                }
                else if (step == Step.Cancel)
                {
                    pipe.Reader.CancelPendingRead();
                    memory.CancelPendingRead();
                }
                else if (step == Step.Close)
                {
                    isClosed = true;
                    pipe.Writer.Complete();
                    memory.Close();
                }

                var keep = step is Step.ReadAndKeepSome ? kept : 0;
                if (step is Step.Read or Step.ReadAndKeepSome) Assert.Equal(fromPipe.Begin(), fromMemory.Begin());
                // A pending read must complete in the same step on both readers.
                Assert.Equal(fromPipe.End(keep, examined), fromMemory.End(keep, examined));
            }
        });

    [Fact]
    public async Task A_pending_read_continues_on_the_thread_that_writes_the_bytes()
    {
        var memory = new MemoryInput();
        var reader = -1;
        var reading = ReadAsync();
        Assert.True(memory.TryWrite("abc"u8));
        Assert.Equal(Environment.CurrentManagedThreadId, reader);
        await reading;

        async Task ReadAsync()
        {
            var read = await memory.ReadAsync();
            reader = Environment.CurrentManagedThreadId;
            Assert.Equal("abc"u8.ToArray(), read.Buffer.ToArray());
            memory.AdvanceTo(read.Buffer.End);
        }
    }

    [Fact]
    public async Task An_aborted_connection_fails_a_pending_read()
    {
        var memory = new MemoryInput();
        var reading = memory.ReadAsync();
        memory.Close(new ConnectionAbortedException("The test aborted the connection."));
        await Assert.ThrowsAsync<ConnectionAbortedException>(async () => await reading);
        Assert.False(memory.TryWrite("abc"u8));
    }

    [Fact]
    public void Misuse_is_an_error_as_with_a_pipe()
    {
        var memory = new MemoryInput();
        Assert.Throws<InvalidOperationException>(() => memory.AdvanceTo(default));
        Assert.True(memory.TryWrite("abc"u8));
        Assert.True(memory.TryRead(out _));
        Assert.Throws<InvalidOperationException>(() => memory.TryRead(out _));
        memory.Complete();
        Assert.Throws<InvalidOperationException>(() => memory.TryRead(out _));
        Assert.False(memory.TryWrite("abc"u8));
    }

    /// <summary>One read at a time. It can be pending over several steps.</summary>
    private sealed class Reading(PipeReader reader)
    {
        private Task<ReadResult>? _pending;

        public long Unread { get; set; }

        /// <returns>False when a read is already pending.</returns>
        public bool Begin()
        {
            if (_pending is not null) return false;
            _pending = reader.ReadAsync().AsTask();
            return true;
        }

        /// <summary>Ends the read, if it has completed.</summary>
        public (bool IsCanceled, bool IsCompleted, string Bytes)? End(double kept, double examined)
        {
            if (_pending is not { IsCompleted: true } read) return null;
            _pending = null;
            var (result, buffer) = (read.GetAwaiter().GetResult(), read.GetAwaiter().GetResult().Buffer);
            var answer = (result.IsCanceled, result.IsCompleted, Convert.ToHexString(buffer.ToArray()));
            var done = (long)(buffer.Length * (1 - kept));
            reader.AdvanceTo(buffer.GetPosition(done), buffer.GetPosition(done + (long)((buffer.Length - done) * examined)));
            Unread = buffer.Length - done;
            return answer;
        }
    }
}
