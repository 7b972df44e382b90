using System.Buffers;
using System.IO.Pipelines;
using CsCheck;
using HeartbeatGateway.Million.Transport;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server.Tests.MemoryTransport;

/// <summary>A reader that the million is measured on must do what a pipe does, or it is not the gateway that is measured.</summary>
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
    public void Whatever_is_done_to_it_it_answers_as_a_pipe_does() =>
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
                    // A pipe has no bound here, and this one has.
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
                // What a read that waited found is seen as soon as something came.
                Assert.Equal(fromPipe.End(keep, examined), fromMemory.End(keep, examined));
            }
        });

    [Fact]
    public async Task A_reader_that_waits_goes_on_on_the_thread_that_brings_the_bytes()
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
    public async Task A_connection_that_is_aborted_fails_whoever_reads_from_it()
    {
        var memory = new MemoryInput();
        var reading = memory.ReadAsync();
        memory.Close(new ConnectionAbortedException("Enough."));
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

    /// <summary>One read at a time, which may wait over several steps.</summary>
    private sealed class Reading(PipeReader reader)
    {
        private Task<ReadResult>? _pending;

        public long Unread { get; set; }

        /// <returns>False when one waits already.</returns>
        public bool Begin()
        {
            if (_pending is not null) return false;
            _pending = reader.ReadAsync().AsTask();
            return true;
        }

        /// <summary>Ends the read, if it found something.</summary>
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
