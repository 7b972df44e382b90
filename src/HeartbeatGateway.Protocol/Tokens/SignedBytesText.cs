using System.Buffers;
using System.Globalization;
using System.Text;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>Writes the bytes that a token covers in hex, so that a client developer can compare them with the output of an encoder.</summary>
internal sealed class SignedBytesText
{
    private const int MaxContentBytes = 512;
    private readonly StringBuilder _text = new();

    public SignedBytesText Bytes(ReadOnlySpan<byte> bytes)
    {
        _text.Append(Convert.ToHexStringLower(bytes));
        return this;
    }

    /// <summary>Appends the content, cut after 512 bytes: a content can have megabytes.</summary>
    public SignedBytesText Content(in ReadOnlySequence<byte> content)
    {
        if (content.Length <= MaxContentBytes) return Bytes(content.ToArray());
        Bytes(content.Slice(0, MaxContentBytes).ToArray());
        _text.Append(CultureInfo.InvariantCulture, $"<{content.Length - MaxContentBytes} more bytes of content>");
        return this;
    }

    /// <summary>Appends a placeholder for the secret.</summary>
    public SignedBytesText Secret()
    {
        _text.Append("<secret>");
        return this;
    }

    public override string ToString() => _text.ToString();
}
