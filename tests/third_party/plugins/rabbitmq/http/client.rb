# In the place of the gem rabbitmq_http_api_client, which Debian has not: what bunny's tests ask of it.
require "json"
require "net/http"
require "uri"

module Faraday
  class ResourceNotFound < StandardError; end
end

module RabbitMQ
  module HTTP
    class Client
      def initialize(url) = @url = URI(url)

      def list_exchanges(vhost = nil) = get("exchanges", vhost)

      def list_queues(vhost = nil) = get("queues", vhost)

      def list_connections = get("connections")

      def list_channels = get("channels")

      def close_connection(name) = ask(Net::HTTP::Delete, "connections", name)

      private

      def get(*path) = JSON.parse(ask(Net::HTTP::Get, *path), object_class: Found)

      def ask(method, *path)
        words = path.compact.map { |word| URI.encode_www_form_component(word).gsub("+", "%20") }
        request = method.new("/api/#{words.join("/")}")
        request.basic_auth("guest", "guest")
        answer = Net::HTTP.start(@url.host, @url.port) { |http| http.request(request) }
        raise Faraday::ResourceNotFound, answer.body if answer.is_a?(Net::HTTPNotFound)

        answer.body
      end

      # A hash whose keys are methods, too.
      class Found < Hash
        def method_missing(name, *) = key?(name.to_s) ? self[name.to_s] : super

        def respond_to_missing?(name, *) = key?(name.to_s) || super
      end
    end
  end
end
