using System.Buffers;
using CsCheck;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tests.Support;

namespace HeartbeatGateway.Protocol.Tests.Identity;

/// <summary>One end reads what the other end writes, however the content is split into segments.</summary>
public class PayloadRoundTripTests
{
    private const string NameCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";
    private static readonly Gen<string> Text = Gen.String[Gen.Char['\0', '\uD7FF'], 1, 128];
    private static readonly Gen<string[]> Features = Gen.String[Gen.Char[' ', '~'], 0, 20].Array[0, 32];
    private static readonly Gen<DateTimeOffset> Time = Gen.Long[0, 253_402_300_799].Select(DateTimeOffset.FromUnixTimeSeconds);

    private static readonly Gen<HelloPayload> Hello =
        from id in Gen.Char[NameCharacters].Array[1, 128]
        from instance in Gen.Null(Text)
        from attempt in Gen.Long[-1, long.MaxValue]
        from nonce in Gen.String[Gen.Char['\0', '\uD7FF'], 16, 128]
        from heartbeat in Gen.Int[0, 86_400]
        from resume in Gen.Null(Text)
        from library in Gen.Null(Gen.Select(Gen.String[Gen.Char['0', '~'], 1, 31], Gen.String[Gen.Char[' ', '~'], 1, 32], (name, version) => $"{name}/{version}"))
        from sent in Gen.Long[-1, FrameNumber.Max]
        from features in Features
        select new HelloPayload
        {
            ClientId = new string(id),
            Instance = instance,
            Attempt = attempt < 0 ? null : attempt,
            Nonce = nonce,
            Heartbeat = heartbeat == 0 ? null : TimeSpan.FromSeconds((double)heartbeat),
            Resume = resume,
            Library = library,
            Sent = sent < 0 ? null : sent,
            Features = [.. features],
        };

    private static readonly Gen<WelcomePayload> Welcome =
        from session in Text
        from generation in Gen.Long[0, long.MaxValue]
        from flags in Gen.Int[0, 3]
        from heartbeat in Gen.Int[1, 86_400]
        from timeout in Gen.Int[0, 86_400]
        from time in Time
        from accepted in Gen.Long[-1, FrameNumber.Max]
        from pushes in Gen.Null(Text)
        from features in Features
        select new WelcomePayload
        {
            SessionId = session,
            Generation = generation,
            Reconnected = (flags & 1) != 0,
            Resumed = (flags & 2) != 0,
            Heartbeat = TimeSpan.FromSeconds((double)heartbeat),
            Timeout = TimeSpan.FromSeconds((double)timeout),
            ServerTime = time,
            Accepted = accepted < 0 ? null : accepted,
            Pushes = pushes,
            Features = [.. features],
        };

    private static readonly Gen<ClosePayload> Close =
        from reason in Gen.Int[0, CloseReasons.All.Length - 1].Select(i => CloseReasons.All[i])
        from retry in Gen.Bool
        from after in Gen.Int[-1, 86_400_000]
        from time in Time
        from reply in Gen.Null(Text)
        from detail in Gen.Null(Text)
        select new ClosePayload
        {
            Reason = reason,
            Retry = retry,
            After = after < 0 ? null : TimeSpan.FromMilliseconds((double)after),
            ServerTime = time,
            InReplyTo = reply,
            Detail = detail,
        };

    [Fact]
    public void A_written_hello_reads_back_unchanged() => Gen.Select(Hello, Gen.Int[0, 4_096]).Sample((hello, cut) =>
    {
        var reading = HelloPayload.Read(Cut(hello.ToJson(), cut));
        Assert.Equal((HelloOutcome.Valid, hello.Features.Contains("close")), (reading.Outcome, reading.AcceptsClose));
        // Record equality does not compare the elements of the list, so the test compares them separately.
        Assert.Equal(hello.Features, reading.Hello!.Features);
        Assert.Equal(hello, reading.Hello with { Features = hello.Features });
    });

    [Fact]
    public void A_written_welcome_reads_back_unchanged() => Gen.Select(Welcome, Gen.Int[0, 4_096]).Sample((welcome, cut) =>
    {
        Assert.True(WelcomePayload.TryParse(Cut(welcome.ToJson(), cut), out var read));
        Assert.Equal(welcome.Features, read.Features);
        Assert.Equal(welcome, read with { Features = welcome.Features });
    });

    [Fact]
    public void A_written_close_reads_back_unchanged() => Gen.Select(Close, Gen.Int[0, 4_096]).Sample((close, cut) =>
    {
        Assert.True(ClosePayload.TryParse(Cut(close.ToJson(), cut), out var read));
        Assert.Equal(close, read);
        Assert.Equal(close.Reason.ToWireName(), read.ReasonName);
    });

    [Fact]
    public void Heartbeat_intervals_keep_their_milliseconds()
    {
        var changed = new List<TimeSpan>();
        for (var milliseconds = 1L; milliseconds <= 20_000; milliseconds++)
        {
            var interval = new TimeSpan(milliseconds * TimeSpan.TicksPerMillisecond);
            var hello = new HelloPayload { ClientId = "a", Nonce = "0123456789abcdef", Heartbeat = interval };
            if (HelloPayload.Read(new ReadOnlySequence<byte>(hello.ToJson())).Hello!.Heartbeat != interval) changed.Add(interval);
        }

        Assert.Empty(changed);
    }

    [Fact]
    public void Payloads_do_not_depend_on_the_culture() => OddCulture.Each(() =>
    {
        var hello = new HelloPayload { ClientId = "a", Attempt = 1234, Nonce = "0123456789abcdef", Heartbeat = TimeSpan.FromSeconds(2.5) };
        Assert.Equal("""{"clientId":"a","attempt":1234,"nonce":"0123456789abcdef","heartbeatSeconds":2.5,"features":[]}"""u8.ToArray(), hello.ToJson());
        Assert.Equal(TimeSpan.FromSeconds(2.5), HelloPayload.Read(new ReadOnlySequence<byte>(hello.ToJson())).Hello!.Heartbeat);
    });

    private static ReadOnlySequence<byte> Cut(byte[] bytes, int at) => Segments.SplitAt(bytes, at % (bytes.Length + 1));
}
