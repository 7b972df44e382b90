using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Bench.Bare;

/// <summary>Answers every 158 bytes with the same 158 bytes, with one flush for all frames of a read.</summary>
internal sealed class PongHandler : ConnectionHandler
{
    private const int FrameLength = 158;
    private static readonly byte[] Pong = [0, 0, 0, 0x76, 0, 0, 0, 0, .. "ping"u8, .. new byte[146]];

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        try
        {
            while (true)
            {
                var read = await input.ReadAsync();
                var frames = read.Buffer.Length / FrameLength;
                for (var i = 0; i < frames; i++) output.Write(Pong);
                input.AdvanceTo(read.Buffer.GetPosition(frames * FrameLength), read.Buffer.End);
                if (read.IsCompleted || (frames > 0 && (await output.FlushAsync()).IsCompleted)) return;
            }
        }
        catch (ConnectionResetException)
        {
            // The client has reset the connection.
        }
    }
}
