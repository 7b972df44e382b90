using System.Buffers;
using System.Globalization;
using System.Text;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>Writes down the bytes that a token covers, in hex, for somebody who compares them with those of his own encoder.</summary>
internal sealed class SignedBytesText
{
    private const int MaxContentBytes = 512;
    private readonly StringBuilder _text = new();

    public SignedBytesText Bytes(ReadOnlySpan<byte> bytes)
    {
        _text.Append(Convert.ToHexStringLower(bytes));
        return this;
    }

    /// <summary>Contents are cut: they may be megabytes.</summary>
    public SignedBytesText Content(in ReadOnlySequence<byte> content)
    {
        if (content.Length <= MaxContentBytes) return Bytes(content.ToArray());
        Bytes(content.Slice(0, MaxContentBytes).ToArray());
        _text.Append(CultureInfo.InvariantCulture, $"<{content.Length - MaxContentBytes} more bytes of content>");
        return this;
    }

    /// <summary>The place of the secret.</summary>
    public SignedBytesText Secret()
    {
        _text.Append("<secret>");
        return this;
    }

    public override string ToString() => _text.ToString();
}
