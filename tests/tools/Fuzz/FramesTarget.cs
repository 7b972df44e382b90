using System.Buffers;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Fuzz;

/// <summary>
/// Frame reader, tokens and payloads. The first byte selects keyring and resync, the second the size of the pieces in which the rest
/// arrives. The frames that are read must not depend on the pieces.
/// </summary>
internal sealed class FramesTarget : IFuzzTarget
{
    private const int MaxContent = 4096;

    private static readonly TokenKeyring[] Keyrings =
    [
        .. from scheme in Enum.GetValues<TokenScheme>() from role in Enum.GetValues<TokenRole>() select Keyring(scheme, role),
    ];

    public IEnumerable<(string Name, byte[] Input)> Seeds
    {
        get
        {
            for (var i = 0; i < Keyrings.Length; i++) yield return ($"ping-{i}", [(byte)i, 7, .. SeedFrames.Ping]);
            foreach (var (name, frame) in SeedFrames.All) yield return (name, [0, 31, .. frame]);
            yield return ("scan", [64, 3, 1, 2, 3, 0, 0, .. SeedFrames.Ping, .. SeedFrames.Ping]);
        }
    }

    public void Run(byte[] input)
    {
        if (input.Length < 2) return;
        var keyring = Keyrings[input[0] % 64 % Keyrings.Length];
        var resync = input[0] >= 64 ? FrameResync.Scan : FrameResync.Strict;
        var (whole, wholeEnd) = Read(new ReadOnlySequence<byte>(input.AsMemory(2)), keyring, resync);
        var (pieces, piecesEnd) = Read(Pieces.Of(input.AsMemory(2), 1 + input[1]), keyring, resync);
        if (wholeEnd != piecesEnd || !whole.SequenceEqual(pieces, StringComparer.Ordinal))
        {
            throw new FuzzException("The frames that are read depend on how the input was split.");
        }
    }

    private static (List<string> Frames, FrameReadStatus End) Read(ReadOnlySequence<byte> bytes, TokenKeyring keyring, FrameResync resync)
    {
        var frames = new List<string>();
        var reader = default(FrameReader);
        Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
        while (true)
        {
            var before = bytes.Length;
            var status = reader.TryRead(ref bytes, scratch, MaxContent, resync, out var frame);
            if (status != FrameReadStatus.Complete)
            {
                _ = FrameReader.ClaimedLength(bytes);
                return (frames, status);
            }

            if (bytes.Length >= before) throw new FuzzException("A frame consumed no bytes.");
            var verdict = keyring.Verify(frame, SeedFrames.Now);
            var secondsLeft = keyring.SecondsLeft(frame, SeedFrames.Now);
            frames.Add($"{frame.Kind} {frame.TypeText} {verdict.Outcome} {verdict.Signer?.Key.Id} {secondsLeft} {Number(frame)} {Payloads(frame.Content)}");
            _ = keyring.DescribeSignedBytes(frame);
        }
    }

    /// <summary>A number that was read must be written with the same text.</summary>
    private static string Number(in Frame frame)
    {
        var status = frame.ReadNumber(out var number);
        if (status != FrameNumberStatus.Numbered) return $"{status}";
        var written = SeedFrames.Signer.EncodeNumbered("message"u8, default, SeedFrames.Now, number).Span.Slice(FrameFormat.CreatedOffset, FrameFormat.FieldLength);
        if (!frame.Created[FrameDate.Length..].SequenceEqual(written[FrameDate.Length..].TrimEnd((byte)0)))
        {
            throw new FuzzException("A number changes when it is written again.");
        }

        return $"{number.Number} {number.Generation}";
    }

    /// <summary>A payload that was parsed must parse again after it is written.</summary>
    private static string Payloads(in ReadOnlySequence<byte> content)
    {
        var hello = HelloPayload.Read(content);
        if (hello.Hello is { } parsed && HelloPayload.Read(new ReadOnlySequence<byte>(parsed.ToJson())).Hello?.ClientId != parsed.ClientId)
        {
            throw new FuzzException("A hello changes when it is written and parsed again.");
        }

        if (WelcomePayload.TryParse(content, out var welcome)
            && (!WelcomePayload.TryParse(new ReadOnlySequence<byte>(welcome.ToJson()), out var again) || (again.Accepted, again.Pushes) != (welcome.Accepted, welcome.Pushes)))
        {
            throw new FuzzException("A welcome changes when it is written and parsed again.");
        }

        if (ClosePayload.TryParse(content, out var close) && !ClosePayload.TryParse(new ReadOnlySequence<byte>(close.ToJson()), out _))
        {
            throw new FuzzException("A close cannot be parsed again after it is written.");
        }

        return $"{hello.Outcome} {hello.Fault} {hello.Hello?.ClientId} {hello.Hello?.Sent} {welcome?.SessionId} {welcome?.Accepted} {welcome?.Pushes} {close?.ReasonName}";
    }

    private static TokenKeyring Keyring(TokenScheme scheme, TokenRole role) =>
        new(new TokenKeyringOptions { Scheme = scheme, Secrets = [new TokenSecret(TestSecrets.KeyId, TestSecrets.Secret)] }, role);
}
